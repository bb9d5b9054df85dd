namespace XrdCt.Live.Model.Sinograms;

/// <summary>What the corrections found in a sinogram, and what was done about it.</summary>
public sealed record CorrectionFindings
{
    /// <summary>What was asked for.</summary>
    public required CorrectionOptions Options { get; init; }

    /// <summary>Thresholds by which it was found, by the names that they have in the file; shares are of the contrast, or of a line's mean.</summary>
    public required IReadOnlyDictionary<string, double> Parameters { get; init; }

    /// <summary>What is known of each cell, [rotation, translation].</summary>
    public required CellFlags[] Flags { get; init; }

    /// <summary>Whether any intensity was divided by a transmission.</summary>
    public required bool IsTransmissionApplied { get; init; }

    /// <summary>
    /// Factors of each line in order of time, by which the changes of the beam were taken out; empty where the monitor or nothing did.
    /// </summary>
    public required double[] BeamFactors { get; init; }

    /// <summary>Why the changes of the beam were not taken out as asked, as a sentence; empty where they were.</summary>
    public required string BeamRefusal { get; init; }

    /// <summary>Dead lines: rotations, or translations where the lines run over rotations.</summary>
    public required int[] DeadLines { get; init; }

    /// <summary>Hot lines, likewise.</summary>
    public required int[] HotLines { get; init; }

    /// <summary>How many cells are outside the sample.</summary>
    public required int AirCount { get; init; }

    /// <summary>Why no air was found, as a sentence; empty where it was, and where nobody asked.</summary>
    public required string AirRefusal { get; init; }

    /// <summary>
    /// Mean pattern outside the sample, per bin, on the scale of the corrected intensities; NaN where no cell has a value, empty where
    /// none was taken off.
    /// </summary>
    public float[] Air { get; init; } = [];

    /// <summary>Variance of <see cref="Air"/>.</summary>
    public float[] AirVariance { get; init; } = [];

    /// <summary>Why no cell was looked at for large crystallites, as a sentence; empty where they were, and where it is switched off.</summary>
    public required string SpottyRefusal { get; init; }

    /// <summary>What is out of the ordinary; empty where nothing is.</summary>
    public required string Sentence { get; init; }

    /// <summary>Whether any corrected intensity differs from the raw one.</summary>
    public bool ChangesIntensities => IsTransmissionApplied || BeamFactors.Length > 0 || Air.Length > 0 || Count(CellFlags.Interpolated) > 0;

    /// <summary>How many cells have a flag.</summary>
    public int Count(CellFlags flag) => Flags.Count(f => f.HasFlag(flag));
}
