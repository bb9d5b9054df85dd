namespace XrdCt.Live.Model.Guidance;

/// <summary>Places that the stages can bring onto the rotation axis, in sample coordinates, µm.</summary>
/// <param name="LowestX_um">Lowest x.</param>
/// <param name="HighestX_um">Highest x.</param>
/// <param name="LowestY_um">Lowest y.</param>
/// <param name="HighestY_um">Highest y.</param>
public sealed record StageReach(double LowestX_um, double HighestX_um, double LowestY_um, double HighestY_um)
{
    /// <summary>Whether a place is within reach.</summary>
    public bool Holds(double x_um, double y_um) => x_um >= LowestX_um && x_um <= HighestX_um && y_um >= LowestY_um && y_um <= HighestY_um;
}
