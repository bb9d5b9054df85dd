using System.Globalization;

namespace XrdCt.Live.Storage.Sinograms;

/// <summary>Where the positions along an axis come from: numbers evenly spaced, or a dataset in the same file.</summary>
public sealed class AxisSource
{
    // Far more than any stage makes; a claim beyond it must not cost memory.
    private const int MostValues = 1_000_000;

    private readonly double[]? _values;

    private AxisSource(double[]? values, string? dataset) => (_values, Dataset) = (values, dataset);

    /// <summary>Path of the dataset; null where the numbers are told.</summary>
    public string? Dataset { get; }

    /// <summary>The numbers; empty where they are in a dataset.</summary>
    public ReadOnlySpan<double> Values => _values;

    /// <summary>Reads <c>START:STOP:COUNT</c>, both ends included as in numpy's linspace, or the path of a dataset, which begins with <c>/</c>.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">It is neither; the message says what is expected.</exception>
    public static AxisSource Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.StartsWith('/'))
        {
            return new AxisSource(null, text);
        }

        string[] parts = text.Split(':');
        if (parts is not [var from, var to, var number]
            || !TryNumber(from, out double start)
            || !TryNumber(to, out double stop)
            || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            || count is < 1 or > MostValues)
        {
            throw new FormatException($"'{text}' is no axis: write START:STOP:COUNT, both ends included, such as 0:179:180, or the path of a dataset, such as /omega");
        }

        double step = count == 1 ? 0 : (stop - start) / (count - 1);
        return new AxisSource([.. Enumerable.Range(0, count).Select(i => i == count - 1 && i > 0 ? stop : start + (i * step))], null);
    }

    private static bool TryNumber(string text, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
}
