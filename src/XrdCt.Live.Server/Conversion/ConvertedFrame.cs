namespace XrdCt.Live.Server.Conversion;

/// <summary>One frame on its way between two formats; its bytes are valid until the next one is read.</summary>
internal readonly record struct ConvertedFrame
{
    /// <summary>Index in the series, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>Pixels: plain, little endian, row-major.</summary>
    public required ReadOnlyMemory<byte> Plain { get; init; }

    /// <summary>The same as bitshuffle-LZ4 with a whole header, where they came so.</summary>
    public Memory<byte>? Packed { get; init; }

    /// <summary>When it was taken; null if not known.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>Beam monitor; NaN if not known.</summary>
    public required double Monitor { get; init; }

    /// <summary>Transmission of the sample; null if not known.</summary>
    public double? Transmission { get; init; }

    /// <summary>Where the translation stood, mm; null if not known.</summary>
    public double? Translation_mm { get; init; }

    /// <summary>Where the rotation stood, degrees; null if not known.</summary>
    public double? Rotation_deg { get; init; }
}
