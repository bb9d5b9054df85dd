namespace XrdCt.Live.Compute.Gpu;

/// <summary>A filtered projection that is added to slices on a device: t in units of 2⁻⁴⁰ samples, integers, since not every device has doubles.</summary>
internal struct RayTerm
{
    /// <summary>Change of t from a column to the next.</summary>
    public long Column;

    /// <summary>Change of t from a row to the next.</summary>
    public long Row;

    /// <summary>t of the axis, in samples of the filtered projection.</summary>
    public long Axis;

    /// <summary>Row among the filtered projections.</summary>
    public int Projection;

    /// <summary>Factor.</summary>
    public float Weight;
}
