using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Storage;

/// <summary>What is known of a stack of patterns before the first one is integrated.</summary>
public sealed record PatternStackLayout
{
    /// <summary>Radial axis.</summary>
    public required RadialAxis Axis { get; init; }

    /// <summary>Azimuthal axis of 2D patterns; null for 1D.</summary>
    public AzimuthAxis? AzimuthAxis { get; init; }

    /// <summary>Where each frame comes from, one per frame: a file name, or file, dataset and place in it.</summary>
    public required IReadOnlyList<string> Sources { get; init; }

    /// <summary>Beam monitor of each frame, one per frame and NaN where there is none; null where none was asked for.</summary>
    public IReadOnlyList<double>? Monitors { get; init; }

    /// <summary>How the patterns are made, one <c>key: value</c> per line.</summary>
    public required IReadOnlyList<string> Settings { get; init; }

    /// <summary>Program and version that writes the file.</summary>
    public required string Program { get; init; }

    /// <summary>Values of a pattern: bins, times sectors in 2D.</summary>
    public int PatternSize => Axis.BinCount * (AzimuthAxis?.SectorCount ?? 1);
}
