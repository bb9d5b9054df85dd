using System.Globalization;
using System.Text.Json;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Server.Configuration;
using XrdCt.Live.Storage;
using XrdCt.Live.Storage.Journal;

namespace XrdCt.Live.Server.Commands;

/// <summary>Scan after scan of one configuration: the slices of a stack, the series of a detector, and what a process before had left unfinished.</summary>
internal sealed class ScanCourse
{
    private (RadialAxis Axis, double? Wavelength_m, LiveRoi? Roi)? _outside;
    private LiveOptions? _options;
    private StackCourse? _stack;
    private int _scans;

    /// <summary>The configuration file, for messages and for paths relative to it.</summary>
    public required string File { get; init; }

    /// <summary>The configuration.</summary>
    public required BeamlineConfiguration Configuration { get; init; }

    /// <summary>One sentence for the visitor.</summary>
    public string Note { get; init; } = "";

    /// <summary>End with the scan instead of waiting for the next one.</summary>
    public required bool ExitWithScan { get; init; }

    /// <summary>Whether another series after the scan is another scan.</summary>
    public required bool FollowsSeries { get; init; }

    /// <summary>Only a JSON summary on standard output.</summary>
    public required bool Json { get; init; }

    /// <summary>Runs beside each scan; if it fails, the scan ends.</summary>
    public required Func<CancellationToken, Task> Companion { get; init; }

    /// <summary>Is told how each scan ended (of a stack: the last slice).</summary>
    public Func<LiveOutcome, Task> Ended { get; set; } = _ => Task.CompletedTask;

    /// <summary>Whether the scan that is about to begin is one of these, or somebody else's.</summary>
    public Func<Task<bool>> IsNext { get; set; } = () => Task.FromResult(true);

    /// <summary>How its last scan ended; null before the first.</summary>
    public LiveOutcome? Last { get; private set; }

    /// <summary>How a scan of another course ended that came since; null for none.</summary>
    public LiveOutcome? Meanwhile { get; set; }

    /// <summary>Checks what can be checked before the first message.</summary>
    /// <exception cref="UserException">The configuration cannot be used.</exception>
    public void Prepare(CancellationToken stop)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(File))!;
        _options = TakesFromHeader ? null : WithOutside(SetUp.LiveOptions(Configuration, folder, File, Note), stop);
    }

    /// <summary>Runs the next scan, or scan after scan; goes on where it left off when it is called again.</summary>
    /// <param name="feed">Where the frames come from.</param>
    /// <param name="setUp">Sets a scan up.</param>
    /// <param name="stop">Ends it: a scan that runs is saved as it is.</param>
    /// <param name="away">Ends the waiting for the next scan, and no scan.</param>
    /// <returns>Whether all that was asked for was measured.</returns>
    public async Task<bool> RunAsync(
        SeriesFeed feed, Func<LiveOptions, IScanJournal?, IGrowingFile?, LiveScan> setUp, CancellationToken stop, CancellationToken? away = null)
    {
        bool allWell = true;
        CancellationToken leave = away ?? stop;
        StackCourse? course = _stack ??= SetUp.Stack(Configuration, File) is StackSetUp stack ? new StackCourse(stack) : null;
        for (; Last is not { } last || await NextAsync(feed, course, last, _scans == 1, leave).ConfigureAwait(false); _scans++)
        {
            if (!await IsNext().ConfigureAwait(false))
            {
                return allWell;
            }

            LiveOptions? known = _options ?? await OptionsFromHeaderAsync(feed, stop).ConfigureAwait(false);
            if (known is null)
            {
                break;
            }

            using IScanJournal? journal = course is null
                ? OpenJournal(known, [known.Settings().Fingerprint], mayContinue: _scans == 0)
                : OpenSliceJournal(ref known, course, mayContinue: _scans == 0);
            using GrowingScanFile? growing = SetUpGrowingFile(known.Settings().Description, journal?.Scan?.StartedAt);
            LiveScan scan = setUp(known, journal, growing);
            (last, Meanwhile) = (Last = await RunWithCompanionAsync(scan, stop).ConfigureAwait(false), null);
            Report(last, scan.State, scan.Description.Slice);
            if (course is not null)
            {
                (course.Reconstruction, course.Zones) = (scan.Changed, scan.ChangedZones);
            }

            // Before all else: a slice that was stopped has come.
            course?.Advance(last);
            feed.PutBack(last.Next);
            if (scan.Description.Slice is not { } slice || slice.Number == slice.Count)
            {
                await Ended(last).ConfigureAwait(false);
            }

            // An operator's stop is no failure; nor is, where scans follow each other, one that the detector aborted.
            bool mayBeIncomplete = stop.IsCancellationRequested || (FollowsSeries && !ExitWithScan) || (course is null ? IsPredecessor(last) : IsNoSlice(last));
            allWell &= last.Phase == ScanPhase.Complete || (last.Phase == ScanPhase.Incomplete && mayBeIncomplete);
        }

        if (course is not null)
        {
            allWell &= EndStack(course) || stop.IsCancellationRequested || !ExitWithScan;
        }

        if (feed.StrayCount > 0)
        {
            Say($"{feed.StrayCount} messages came between scans and belonged to none");
        }

        return allWell;
    }

    // The scan of a process that was killed, which the detector has gone on from: it is saved, and is not the one that was asked for.
    private static bool IsPredecessor(LiveOutcome outcome) => outcome is { IsOnlyContinued: true, Next.Count: > 0 };

    // It was found out only that another slice, or another series, is being measured.
    private static bool IsNoSlice(LiveOutcome outcome) => outcome is { Counters.Received: 0, Next.Count: > 0 };

    private SqliteScanJournal? OpenJournal(LiveOptions options, IReadOnlyList<string> fingerprints, bool mayContinue)
    {
        OutputSection output = Configuration.Output;
        if (!output.Journal)
        {
            return null;
        }

        try
        {
            SqliteScanJournal? unfinished = mayContinue
                ? ScanJournals.OpenUnfinished(output.Folder, fingerprints, output.KeepJournal, Warn)
                : null;
            return unfinished ?? SqliteScanJournal.Create(output.Folder, options.Settings(), output.KeepJournal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserException($"the journals in '{output.Folder}' cannot be listed: {SetUp.Sentence(e)}", e);
        }
    }

    private GrowingScanFile? SetUpGrowingFile(ScanDescription scan, DateTimeOffset? continued)
    {
        OutputSection output = Configuration.Output;
        if (!output.GrowingFile)
        {
            return null;
        }

        GrowingScanFile file = continued is DateTimeOffset startedAt
            ? GrowingScanFile.Continued(output.Folder, scan, startedAt)
            : new GrowingScanFile(output.Folder);
        file.Made = path => Say($"growing file: {path}");
        return file;
    }

    /// <summary>Opens the journal of the slice that is next: at the start, of the one in which another process was killed.</summary>
    private IScanJournal? OpenSliceJournal(ref LiveOptions options, StackCourse course, bool mayContinue)
    {
        OutputSection output = Configuration.Output;
        if (!output.Journal)
        {
            options = course.Apply(options);
            return null;
        }

        IReadOnlyList<string> fingerprints = options.FingerprintsOf(course.Slices);
        SqliteScanJournal? journal = null;
        if (mayContinue)
        {
            StackProgress? progress = ReadProgress(fingerprints[0]);
            journal = OpenJournal(options, fingerprints, mayContinue: true);

            // A new journal is of no slice yet, whatever the options say.
            JournalledScan? unfinished = journal?.Scan;
            course.Resume(unfinished is null ? null : journal!.Settings.Description.Slice, unfinished?.SliceLayout ?? SliceLayout.Undecided, progress);
            string source = progress is null ? $"the journal '{journal?.Path}'" : $"'{StackProgress.PathOf(output.Folder, options.Title)}'";
            if (course.GoesOnAt is int next)
            {
                string then = next > course.Slices.Count ? "its stack is over" : $"the stack goes on with {course.Slices[next - 1]}, as {source} says";
                Warn($"{course.Next} was measured and not saved: its journal is saved now; {then}");
            }
            else if (course.Number > 1)
            {
                Warn($"the stack goes on with {course.Next}; {source} says so, remove it to begin anew");
            }
        }

        options = course.Apply(options);
        journal = journal?.Scan is null ? OpenJournal(options, [], mayContinue: false) : journal;
        string title = options.Title;
        if (course.GoesOnAt is not null)
        {
            // What is written down of the stack holds still.
            return journal;
        }

        int following = course.Number + 1;
        return new BegunJournal(journal!, scan => Attempt(() => new StackProgress(fingerprints[0], following, scan.SliceLayout, scan.SeriesId).Write(output.Folder, title)));
    }

    private StackProgress? ReadProgress(string fingerprint)
    {
        try
        {
            return StackProgress.Read(Configuration.Output.Folder, Configuration.Title) is { } progress && progress.Fingerprint == fingerprint ? progress : null;
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new UserException(SetUp.Sentence(e), e);
        }
    }

    /// <summary>Nothing more of the stack will come: tells what is missing of it.</summary>
    /// <returns>Whether all slices came.</returns>
    private bool EndStack(StackCourse course)
    {
        // A slice that could not be saved stays in its journal, and must not be followed by the next one when that is saved.
        (string folder, string title) = (Configuration.Output.Folder, Configuration.Title);
        if (Configuration.Output.Journal && course.HasUnsaved)
        {
            Attempt(() => (StackProgress.Read(folder, title) is { } progress ? progress with { Next = course.Slices.Count + 1 } : null)?.Write(folder, title));
        }
        else if (Configuration.Output.Journal)
        {
            Attempt(() => StackProgress.Remove(folder, title));
        }

        int[] missing = [.. course.Missing];
        if (missing.Length > 0 && missing.Length < course.Slices.Count)
        {
            Console.Error.WriteLine($"xrdct: of {course.Slices.Count} slices {string.Join(", ", missing)} never came");
        }

        return missing.Length == 0;
    }

    private static void Attempt(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            Warn(e.Message);
        }
    }

    private bool TakesFromHeader => Configuration.Source?.FromHeader is { Length: > 0 };

    /// <summary>Whether there is another scan; waits for its first message.</summary>
    private async Task<bool> NextAsync(SeriesFeed feed, StackCourse? course, LiveOutcome last, bool isFirst, CancellationToken stop)
    {
        if (course is not null)
        {
            return await NextSliceAsync(feed, course, last, isFirst, stop).ConfigureAwait(false);
        }

        // What an aborted series left in the sender's queue is no scan that anybody waits for.
        bool wasLeftOver = last is { Series: null, Next: [{ Kind: SourceEventKind.SeriesStarted }, ..] } || IsPredecessor(last);
        bool neverBegan = isFirst && last.Phase == ScanPhase.Failed && last.SeriesId is null;
        if (stop.IsCancellationRequested || neverBegan || !(FollowsSeries || wasLeftOver) || (ExitWithScan && !wasLeftOver))
        {
            return false;
        }

        last = Meanwhile ?? last;
        if (last.Next.Count > 0)
        {
            return true;
        }

        Say("waiting for the next series; Ctrl-C ends");
        bool isOver = last.EndedByDetector || last.Phase is ScanPhase.Complete or ScanPhase.Failed;
        return await OnOwnThread(() => feed.AwaitNext(isOver ? last.SeriesId : null, stop)).ConfigureAwait(false) is not null;
    }

    /// <summary>Whether there is another slice, or another stack; waits for its first message.</summary>
    private async Task<bool> NextSliceAsync(SeriesFeed feed, StackCourse course, LiveOutcome last, bool isFirst, CancellationToken stop)
    {
        bool neverBegan = isFirst && last.Phase == ScanPhase.Failed && last.SeriesId is null;
        bool mayEnd = (course.IsOver && !IsPredecessor(last)) || (last.SliceLayout == SliceLayout.OneSeries && course.MayComeBack);
        if (stop.IsCancellationRequested || neverBegan || (mayEnd && (ExitWithScan || !FollowsSeries)))
        {
            return false;
        }

        if (course.IsOver)
        {
            EndStack(course);
        }

        SeriesHeader? next = null;
        if (last.Next.Count == 0)
        {
            Say($"waiting for {course.Next}; Ctrl-C ends");
            next = await OnOwnThread(() => feed.AwaitNext(course.Finished, stop)).ConfigureAwait(false);
        }

        course.Begin(next, last);
        return next is not null || last.Next.Count > 0;
    }

    // The header stays in front of the feed: it is the scan's first message too.
    private async Task<LiveOptions?> OptionsFromHeaderAsync(SeriesFeed feed, CancellationToken stop)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(File))!;
        while (true)
        {
            Say("waiting for the detector's header");
            if (await OnOwnThread(() => feed.AwaitHeader(stop)).ConfigureAwait(false) is not { } header)
            {
                return null;
            }

            try
            {
                return WithOutside(SetUp.LiveOptions(Configuration, folder, File, Note, header), stop);
            }
            catch (UserException e) when (FollowsSeries && !ExitWithScan)
            {
                // The detector may be set right and armed anew: no reason to end.
                Console.Error.WriteLine($"xrdct: {e.Message}");
                feed.Discard();
            }
        }
    }

    // The coarse scan is read once: its patterns are as many as those of this one.
    private LiveOptions WithOutside(LiveOptions options, CancellationToken stop)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(File))!;
        RadialAxis axis = options.Integration.Axis;
        double? wavelength_m = options.Integration.Geometry.Wavelength_m;
        if (_outside is not { } known || known.Wavelength_m != wavelength_m || known.Axis.Unit != axis.Unit || !known.Axis.Centres.SequenceEqual(axis.Centres))
        {
            _outside = (axis, wavelength_m, SetUp.Outside(Configuration, folder, File, options.Integration, stop));
        }

        return options with { Roi = _outside!.Value.Roi };
    }

    private static Task<T> OnOwnThread<T>(Func<T> wait) =>
        Task.Factory.StartNew(wait, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private async Task<LiveOutcome> RunWithCompanionAsync(LiveScan scan, CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task<LiveOutcome> running = scan.RunAsync(ended.Token);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task companion = Companion(over.Token);
        Task followed = DisplayConsole.FollowAsync(scan, running, Json);
        if (await Task.WhenAny(followed, companion).ConfigureAwait(false) == companion && companion.IsFaulted)
        {
            await ended.CancelAsync().ConfigureAwait(false);
        }

        LiveOutcome outcome = await running.ConfigureAwait(false);
        await followed.ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        try
        {
            await companion.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The companion was told to end.
        }
        catch (UserException e)
        {
            return outcome with { Phase = ScanPhase.Failed, Sentence = $"{e.Message} ({outcome.Sentence})", Cause = e };
        }

        return outcome;
    }

    private static void Warn(string sentence) => Console.Error.WriteLine($"xrdct: {sentence}");

    private void Say(string line)
    {
        if (!Json)
        {
            Console.Out.WriteLine(line);
        }
    }

    private void Report(LiveOutcome outcome, LiveState state, StackSlice? slice)
    {
        if (Json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(
                new
                {
                    Phase = outcome.Phase.ToString(),
                    outcome.Sentence,
                    Saved = outcome.SavedPath,
                    outcome.Counters,
                    Cells = state.CellCount,
                    Series = outcome.SeriesId,
                    Slice = slice?.Number,
                    Slices = slice?.Count,
                    slice?.Z_um,
                    Missing = outcome.Missing.Select(m => m.ToString()),
                    state.Elapsed_s,
                    Rate_Hz = state.Elapsed_s > 0 ? outcome.Counters.Placed / state.Elapsed_s : 0,
                    Latency_ms = double.IsFinite(state.Latency_ms) ? state.Latency_ms : (double?)null,
                    Latency95_ms = double.IsFinite(state.Latency95_ms) ? state.Latency95_ms : (double?)null,
                },
                JsonText.Indented));
        }
        else
        {
            double rate_Hz = state.Elapsed_s > 0 ? outcome.Counters.Placed / state.Elapsed_s : 0;
            string series = outcome.SeriesId is long id && FollowsSeries ? $"series {id}: " : "";
            string place = slice is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{slice} (z = {slice.Z_um} µm): ");
            Say($"{series}{place}{outcome.Counters.Placed} of {state.CellCount} frames in {state.Elapsed_s:F0} s ({rate_Hz:F0} Hz)");
            foreach (string line in Losses(outcome.Counters))
            {
                Say("  " + line);
            }

            if (outcome.Missing.Count > 0 && outcome.Counters.Placed > 0)
            {
                Say($"  missing: {Ranges(outcome.Missing)}");
            }

            if (outcome.SavedPath is not null)
            {
                Say($"saved: {outcome.SavedPath}");
            }
        }

        if (!outcome.IsWell)
        {
            Console.Error.WriteLine($"xrdct: {outcome.Sentence}");
        }
    }

    private static string Ranges(IReadOnlyList<FrameRange> missing)
    {
        const int MostShown = 20;
        string shown = string.Join(", ", missing.Take(MostShown));
        return missing.Count > MostShown ? $"{shown} and {missing.Count - MostShown} ranges more (--json lists all)" : shown;
    }

    private static IEnumerable<string> Losses(FrameCounters c)
    {
        (long Count, string What)[] all =
        [
            (c.Missing, "cells empty"),
            (c.Duplicate, "frames repeated (the first of each stays)"),
            (c.OutOfOrder, "frames out of order (placed by their index)"),
            (c.Malformed, "messages not understood"),
            (c.Truncated, "frames cut short or damaged"),
            (c.WrongShape, "frames of another size or type"),
            (c.ForeignSeries, "frames of another series"),
            (c.OutsidePlan, "frames outside the scan plan"),
            (c.BeforeHeader, "frames before the header of their series"),
        ];
        return all.Where(a => a.Count > 0).Select(a => $"{a.Count} {a.What}");
    }
}
