using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Roi;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Server.Configuration;
using XrdCt.Live.Storage;
using XrdCt.Live.Storage.Journal;

namespace XrdCt.Live.Server.Commands;

/// <summary><c>xrdct recover</c>: saves the result of a scan that was not finished, from its journal alone.</summary>
internal static class RecoverCommand
{
    public static Command Build()
    {
        var journal = new Argument<string>("JOURNAL") { Description = "Journal that a scan left behind (.journal)" };
        var output = new Option<string?>("--output") { Description = "Folder for the result; that of the journal when left out" };
        var keep = new Option<bool>("--keep") { Description = "Keep the journal; it is removed when the result is saved and nothing in it was damaged" };
        var json = new Option<bool>("--json") { Description = "Summary as one JSON object on standard output, nothing else" };
        var command = new Command("recover", "Save a scan that was cut off (power, disk full) from its journal; xrdct run goes on with one by itself");
        command.Arguments.Add(journal);
        command.Options.Add(output);
        command.Options.Add(keep);
        command.Options.Add(json);
        command.SetAction(parsed => Run(
            parsed.GetValue(journal)!, parsed.GetValue(output), parsed.GetValue(keep), parsed.GetValue(json)));
        return command;
    }

    private static int Run(string path, string? output, bool keep, bool json)
    {
        try
        {
            using SqliteScanJournal journal = SqliteScanJournal.Open(path, keep);
            if (journal.SavedPath is string before)
            {
                throw new UserException($"the scan of '{path}' was saved as '{before}'; nothing is left to recover");
            }

            if (journal.Scan is null)
            {
                throw new UserException($"the journal '{path}' holds no patterns");
            }

            ScanRecord scan = ScanResult.FromJournal(journal.Settings, journal, DateTimeOffset.UtcNow, out int damaged);
            if (scan.Counters.Placed == 0)
            {
                throw new UserException($"no pattern of the journal '{path}' can be read: {damaged} are damaged; it is left as it is");
            }

            string saved = new NexusScanStore(output ?? Path.GetDirectoryName(Path.GetFullPath(path))!).Save(scan);
            if (damaged == 0)
            {
                using var leftOver = GrowingScanFile.Continued(Path.GetDirectoryName(Path.GetFullPath(path))!, scan.Description, scan.StartedAt);
                leftOver.Remove();
            }

            journal.Complete(saved, keep: damaged > 0);
            Report(scan, saved, damaged, Outside(journal.Settings.Configuration, path, saved), json);
            return 0;
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new UserException(e.Message, e);
        }
    }

    // The journal has the patterns of this scan, not those of the coarse one.
    internal static string? Outside(string configuration, string path, string saved)
    {
        if (ConfigurationFile.TryParse(configuration) is not { } read || SetUp.OutsideMode(read, path) is var mode && mode == RoiMode.None)
        {
            return null;
        }

        OutsideSection outside = read.Reconstruction.Outside;
        string coarse = mode == RoiMode.Extension
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $" --coarse {read.Scan!.Coarse} --roi-centre-um {outside.X_um},{outside.Y_um}");
        return $"the recovered slices are not freed from what lies outside the field of view: 'xrdct reconstruct {saved} --roi-mode "
            + $"{mode.ToString().ToLowerInvariant()}{coarse}' makes some that are";
    }

    private static void Report(ScanRecord scan, string saved, int damaged, string? outside, bool json)
    {
        int cells = scan.Description.Plan.CellCount;
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(
                new { Saved = saved, scan.Ending, scan.Counters.Placed, Cells = cells, Damaged = damaged, Series = scan.Series?.SeriesId, Remark = outside },
                JsonText.Indented));
            return;
        }

        Console.Out.WriteLine($"'{scan.Description.Title}' of {scan.StartedAt:yyyy-MM-dd HH:mm}: {scan.Counters.Placed} of {cells} frames");
        if (damaged > 0)
        {
            Console.Error.WriteLine($"xrdct: {damaged} patterns are damaged and left out; the journal is kept");
        }

        if (outside is not null)
        {
            Console.Error.WriteLine($"xrdct: {outside}");
        }

        Console.Out.WriteLine($"saved: {saved}");
    }
}
