using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Server.Configuration;
using XrdCt.Live.Storage;
using XrdCt.Live.Storage.Sinograms;

namespace XrdCt.Live.Server.Conversion;

/// <summary>Writes a sinogram in another layout, or its mean pattern as text.</summary>
internal static class SinogramConversion
{
    /// <summary>Layouts by the names that <c>--format</c> has for them; null stands for the mean pattern as text.</summary>
    public static IReadOnlyDictionary<string, SinogramLayout?> Formats { get; } = new Dictionary<string, SinogramLayout?>
    {
        ["nxxrdct"] = SinogramLayout.Nxxrdct,
        ["ndtomo"] = SinogramLayout.NDTomo,
        ["xy"] = null,
    };

    /// <summary>The name of a layout.</summary>
    public static string NameOf(SinogramLayout layout) => Formats.FirstOrDefault(f => f.Value == layout).Key ?? "hdf5";

    /// <summary>Converts.</summary>
    /// <param name="file">The sinogram.</param>
    /// <param name="path">Where it goes.</param>
    /// <param name="layout">Layout; null for the mean pattern as text.</param>
    /// <param name="overwrite">Whether an existing file is replaced.</param>
    /// <param name="isShown">Whether a bar is shown on a terminal.</param>
    /// <param name="stop">Asks for the end.</param>
    /// <returns>What was seen on the way.</returns>
    public static SinogramTally Run(SinogramFile file, string path, SinogramLayout? layout, bool overwrite, bool isShown, CancellationToken stop)
    {
        SinogramHeader header = file.Header;
        SinogramTally tally = new(header);
        if (layout is null)
        {
            PatternFile.RefuseExisting(path, overwrite);
        }

        using SinogramWriter? writer = layout is { } known ? new SinogramWriter(path, known, header, SetUp.Program, overwrite) : null;
        SinogramPass.Run(
            file,
            isShown ? "converting" : null,
            (first, count, values) =>
            {
                tally.Add(first, count, values.Span);
                writer?.Write(values, count);
            },
            stop);
        if (writer is null)
        {
            PatternFile.WriteXy(path, header, tally.Mean.ToArray(), [$"mean over {tally.MeasuredCount} of {header.CellCount} cells", $"program: {SetUp.Program}"], overwrite);
        }
        else
        {
            writer.Finish();
        }

        return tally;
    }
}
