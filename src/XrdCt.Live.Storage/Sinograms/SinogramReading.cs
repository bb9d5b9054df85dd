using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Storage.Sinograms;

/// <summary>What is told of a sinogram that its file does not say, or says otherwise; null leaves it to the file.</summary>
public sealed record SinogramReading
{
    /// <summary>Path of the dataset.</summary>
    public string? Dataset { get; init; }

    /// <summary>Whether the corrected sinogram of an NXxrdct entry is meant, if no <see cref="Dataset"/> is told. Default false: the raw one.</summary>
    public bool IsCorrected { get; init; }

    /// <summary>Axes of the dataset, slowest first: rotation and translation, and a third where it has bins.</summary>
    public IReadOnlyList<SinogramAxis>? Axes { get; init; }

    /// <summary>Angles; numbers in degrees, a dataset in its <c>units</c>, degrees where it has none.</summary>
    public AxisSource? Angles { get; init; }

    /// <summary>Translations; numbers in µm, a dataset in its <c>units</c>, µm where it has none.</summary>
    public AxisSource? Translations { get; init; }

    /// <summary>Centres of the bins, in <see cref="Unit"/>.</summary>
    public AxisSource? Radial { get; init; }

    /// <summary>Unit of the radial axis.</summary>
    public RadialUnit? Unit { get; init; }

    /// <summary>Reads the names of axes, as in <c>rotation,translation,bin</c>.</summary>
    /// <exception cref="FormatException">These are no two or three different axes.</exception>
    public static IReadOnlyList<SinogramAxis> ParseAxes(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] names = text.Split(',', StringSplitOptions.TrimEntries);
        SinogramAxis[] axes = [.. names.Select(n => Enum.TryParse(n, ignoreCase: true, out SinogramAxis axis) && Enum.IsDefined(axis) ? axis : (SinogramAxis)(-1))];
        return axes.Distinct().Count() == names.Length && axes.All(Enum.IsDefined) && axes.Length >= 2 && (axes.Length == 3 || !axes.Contains(SinogramAxis.Bin))
            ? axes
            : throw new FormatException($"'{text}' are no axes of a sinogram: write rotation,translation,bin, or rotation,translation where there are no bins, in the order of the dataset");
    }
}
