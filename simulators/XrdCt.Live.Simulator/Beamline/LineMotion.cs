namespace XrdCt.Live.Simulator.Beamline;

/// <summary>Where the two axes are in one line of a scan, in the units of their stages.</summary>
/// <param name="Slow">Where the slow axis stands.</param>
/// <param name="First">Where the fast axis is in the middle of the first exposure.</param>
/// <param name="Step">From there to the middle of the next one; negative on a line that runs backwards.</param>
/// <param name="CellCount">Cells of the line.</param>
/// <param name="Lead">How far before the first cell the fast axis starts, and beyond the last one it stops; above 0.</param>
internal sealed record LineMotion(double Slow, double First, double Step, int CellCount, double Lead)
{
    /// <summary>Where the fast axis starts.</summary>
    public double RunUp => First - Math.CopySign(Lead, Step);

    /// <summary>Where the fast axis stops.</summary>
    public double RunOut => Position(CellCount - 1) + Math.CopySign(Lead, Step);

    /// <summary>Where the fast axis is in the middle of an exposure.</summary>
    /// <param name="cell">The exposure, from 0, in order of time.</param>
    public double Position(int cell) => First + (cell * Step);
}
