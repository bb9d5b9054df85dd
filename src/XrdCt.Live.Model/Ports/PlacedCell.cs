using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Model.Ports;

/// <summary>A copy of what a scan holds in one cell. Allocated once; filled, handed on and reused.</summary>
/// <param name="binCount">Radial bins, at least 1.</param>
public sealed class PlacedCell(int binCount)
{
    private readonly float[] _intensity = new float[binCount];

    /// <summary>Which cell.</summary>
    public ScanCell Cell { get; set; }

    /// <summary>Whether it holds a pattern; all values are NaN where it does not.</summary>
    public bool IsMeasured { get; set; }

    /// <summary>Intensity per bin as the result holds it, the monitor divided out, counts; NaN in empty bins.</summary>
    public Span<float> Intensity => _intensity;

    /// <summary>Monitor as it came; NaN where it was not told.</summary>
    public float Monitor { get; set; }

    /// <summary>Translation as it came with the frame, mm; NaN where it was not told.</summary>
    public double Translation_mm { get; set; }

    /// <summary>Rotation as it came with the frame, degrees; NaN where it was not told.</summary>
    public double Rotation_deg { get; set; }
}
