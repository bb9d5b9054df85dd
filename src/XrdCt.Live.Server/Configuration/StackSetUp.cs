using System.Globalization;
using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Server.Configuration;

/// <summary>A stack of slices, checked.</summary>
/// <param name="Cells">Cells of a slice.</param>
/// <param name="Count">Number of slices, at least 2.</param>
/// <param name="Start_um">Height of the first, µm.</param>
/// <param name="Step_um">Distance of two, µm; negative where the sample is moved down.</param>
/// <param name="ToldLayout">How the slices come; null where the stream is to tell.</param>
internal sealed record StackSetUp(int Cells, int Count, double Start_um, double Step_um, SliceLayout? ToldLayout)
{
    private static readonly Dictionary<string, SliceLayout?> Layouts = new(StringComparer.OrdinalIgnoreCase)
    {
        ["auto"] = null,
        ["each"] = SliceLayout.SeriesEach,
        ["one"] = SliceLayout.OneSeries,
    };

    /// <summary>All slices, in order.</summary>
    public IReadOnlyList<StackSlice> Slices => [.. Enumerable.Range(1, Count).Select(Slice)];

    /// <summary>A slice.</summary>
    /// <param name="number">Its number, from 1.</param>
    public StackSlice Slice(int number) => new(number, Count, Start_um + ((number - 1) * Step_um));

    /// <summary>Checks the keys.</summary>
    /// <param name="scan">What the file says.</param>
    /// <param name="cells">Cells of a slice.</param>
    /// <param name="file">Name of the file, for messages.</param>
    /// <returns>Null where there is one slice only.</returns>
    public static StackSetUp? Of(ScanSection scan, int cells, string file)
    {
        int count = (int)SetUp.Within(scan.Slices, int.MaxValue / cells, file, "scan.slices");
        SliceLayout? told = SetUp.OneOf(Layouts, scan.SliceSeries, file, "scan.slice_series");
        if (count == 1)
        {
            return scan.SliceStep_um is null && scan.SliceStart_um is null
                ? null
                : throw UserException.WrongUse($"{file}: scan.slice_step_um and scan.slice_start_um need scan.slices above 1");
        }

        double step_um = SetUp.Required(scan.SliceStep_um, file, "scan.slice_step_um");
        double start_um = scan.SliceStart_um ?? 0;
        if (!double.IsFinite(step_um) || step_um == 0 || !double.IsFinite(start_um))
        {
            throw UserException.WrongUse(string.Create(
                CultureInfo.InvariantCulture,
                $"{file}: 'scan.slice_step_um' must be a number other than 0 and 'scan.slice_start_um' a number, not {step_um} and {start_um}"));
        }

        return new StackSetUp(cells, count, start_um, step_um, told);
    }
}
