using System.Diagnostics;
using XrdCt.Live.Compute.Gpu;
using XrdCt.Live.Egress.Publishing;
using XrdCt.Live.Gateway;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Ingest.ZeroMq;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Server.Configuration;
using XrdCt.Live.Server.Display;
using XrdCt.Live.Server.Steering;
using XrdCt.Live.Storage;

namespace XrdCt.Live.Server.Commands;

/// <summary>
/// One live scan with its page, from set-up to exit code: the composition root's second half, shared by <c>run</c> and <c>demo</c>.
/// </summary>
internal sealed class LiveSession
{
    /// <summary>The configuration file, for messages and for paths relative to it.</summary>
    public required string File { get; init; }

    /// <summary>The configuration.</summary>
    public required BeamlineConfiguration Configuration { get; init; }

    /// <summary>One sentence for the visitor.</summary>
    public string Note { get; init; } = "";

    /// <summary>End with the scan instead of keeping the page.</summary>
    public required bool ExitWithScan { get; init; }

    /// <summary>Only a JSON summary on standard output.</summary>
    public required bool Json { get; init; }

    /// <summary>
    /// Runs beside each scan, of its configuration, and is started together with it, so it must bear a receiver that is not there yet; if it fails, the scan ends.
    /// </summary>
    public Func<BeamlineConfiguration, CancellationToken, Task> Companion { get; init; } = (_, stop) => Task.Delay(Timeout.Infinite, stop);

    /// <summary>What a browser that is opened has after the page's address: an operator's token, which no server sees in a fragment; null for nothing.</summary>
    public string? Fragment { get; init; }

    /// <summary>
    /// Whether another series after the scan is another scan. A demo is one scan; a beamline goes on until it is told to end, whatever
    /// its detector does.
    /// </summary>
    public bool FollowsSeries { get; init; }

    /// <summary>Runs the scan, or scan after scan.</summary>
    /// <returns>Exit code.</returns>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        // System.CommandLine listens for Ctrl-C from the moment it holds a task; until then Ctrl-C would kill the process.
        await Task.Yield();
        string folder = Path.GetDirectoryName(Path.GetFullPath(File))!;
        LiveScan? current = null;
        void Tell(string sentence)
        {
            Warn(sentence);
            Volatile.Read(ref current)?.Remark(sentence);
        }

        using IntegratorSource integrators = SetUp.Integrators(Configuration.Compute, File, Tell);
        ScanCourse coarse = Course(Configuration, File, FollowsSeries, Note);
        coarse.Prepare(stop);
        SourceSetUp source = SetUp.Source(Configuration, folder, File);
        TangoSetUp? tango = SetUp.Tango(Configuration, folder, File);
        ReadingsSetUp? told = SetUp.Readings(Configuration, tango, File);
        ResultPublisherOptions? publishing = Configuration.Publish is PublishSection section
            ? SetUp.Publisher(section, Configuration.Integration.Bins!.Value, Configuration.Channels.Count, File)
            : null;
        TimeSpan linger = Configuration.Publish is PublishSection after ? SetUp.Linger(after, File) : TimeSpan.Zero;
        using TangoGateway? gateway = tango is null ? null : OpenGateway(tango.Gateway);
        using RoiSteering? steering = Steering(tango, gateway, Tell);
        var hub = new DisplayHub();
        var display = new DisplayServerOptions
        {
            Port = SetUp.DisplayPort(Configuration.Display, File),
            Control = Configuration.Display.Control,
            Reconstruction = () => Volatile.Read(ref current)?.Control,
            Steering = steering,
            Zones = () => Volatile.Read(ref current)?.Zones,
        };
        await using DisplayServer page = await StartPageAsync(hub, display, stop).ConfigureAwait(false);
        if (Note.Length > 0)
        {
            Say($"{Configuration.Title}: {Note}");
        }

        Say(integrators.Sentence);
        Say($"live page: {page.Url}");
        if (Configuration.Display.OpenBrowser)
        {
            OpenBrowser(Fragment is null ? page.Url : new UriBuilder(page.Url) { Fragment = Fragment }.Uri);
        }

        using ResultPublisher? publisher = publishing is null ? null : StartPublisher(publishing);
        NexusScanStore store = OpenStore(Configuration.Output.Folder);
        await using TangoDisplay? device = gateway is not null && tango!.ShowsResults ? new TangoDisplay(gateway, Warn) : null;
        ILiveDisplay shown = new DisplayFanOut([hub, .. new ILiveDisplay?[] { publisher, device, steering }.OfType<ILiveDisplay>()]);
        bool allWell;
        using (ReadingFeed? readings = told is null ? null : new ReadingFeed(() => told.Open(gateway, Tell, Say)))
        using (var feed = new SeriesFeed(source.Open) { Meanwhile = readings is null ? () => { } : readings.Drain })
        {
            LiveScan SetUpScan(LiveOptions known, IScanJournal? journal, IGrowingFile? growing)
            {
                var scan = new LiveScan(
                    known,
                    feed.Lend,
                    () => integrators.Create(known.Integration, () => new PixelReader(known.Integration.Geometry.Shape)),
                    shown,
                    store,
                    TimeProvider.System,
                    publisher,
                    journal,
                    readings is null ? null : () => readings)
                {
                    Say = Warn,
                    GrowingFile = growing,
                    Device = integrators.Device,
                };
                Volatile.Write(ref current, scan);
                return scan;
            }

            allWell = steering is null
                ? await coarse.RunAsync(feed, SetUpScan, stop).ConfigureAwait(false)
                : await CoarseAndRoiAsync(coarse, steering, feed, SetUpScan, page.Url, stop).ConfigureAwait(false);
        }

        if (publisher?.Failure is string unpublished)
        {
            Console.Error.WriteLine($"xrdct: {unpublished}");
        }

        if (steering is null && !ExitWithScan && !FollowsSeries && !stop.IsCancellationRequested)
        {
            Say($"the page stays at {page.Url}; Ctrl-C ends");
            await WaitAsync(stop).ConfigureAwait(false);
        }

        if (publisher is not null)
        {
            await publisher.LingerAsync(ExitWithScan ? linger : TimeSpan.Zero, CancellationToken.None).ConfigureAwait(false);
            publisher.Dispose();
        }

        ZmqRuntime.Shutdown();
        return allWell ? 0 : 1;
    }

    /// <summary>Coarse scans, and between them scans of the places that operators take.</summary>
    private async Task<bool> CoarseAndRoiAsync(
        ScanCourse coarse, RoiSteering steering, SeriesFeed feed, Func<LiveOptions, IScanJournal?, IGrowingFile?, LiveScan> setUp, Uri page, CancellationToken stop)
    {
        bool allWell = true;
        coarse.Ended = steering.OfferAsync;
        coarse.IsNext = () => steering.BeginAsync(stop);
        while (true)
        {
            CancellationToken readied = steering.Readied;
            using var away = CancellationTokenSource.CreateLinkedTokenSource(stop, readied);
            allWell &= await coarse.RunAsync(feed, setUp, stop, away.Token).ConfigureAwait(false);
            bool isOver = ExitWithScan || (FollowsSeries && !readied.IsCancellationRequested);
            if (!stop.IsCancellationRequested && !isOver)
            {
                if (!readied.IsCancellationRequested)
                {
                    Say($"the page stays at {page}; Ctrl-C ends");
                    await WaitAsync(away.Token).ConfigureAwait(false);
                }

                if (!stop.IsCancellationRequested && steering.Take(out CancellationToken withdrawn) is { } accepted)
                {
                    bool isWell = await RoiAsync(accepted, coarse, steering, feed, setUp, stop, withdrawn).ConfigureAwait(false);
                    allWell &= isWell || FollowsSeries;
                }

                continue;
            }

            return allWell;
        }
    }

    private async Task<bool> RoiAsync(
        AcceptedRoi accepted,
        ScanCourse coarse,
        RoiSteering steering,
        SeriesFeed feed,
        Func<LiveOptions, IScanJournal?, IGrowingFile?, LiveScan> setUp,
        CancellationToken stop,
        CancellationToken withdrawn)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop, withdrawn);
        ScanCourse roi = Course(accepted.Configuration, accepted.File, followsSeries: false, accepted.Note);
        bool isWell;
        try
        {
            Say($"{accepted.Configuration.Title}; Ctrl-C ends");
            roi.Prepare(end.Token);
            isWell = await roi.RunAsync(feed, setUp, end.Token).ConfigureAwait(false);
        }
        catch (UserException e)
        {
            // Its places go on to be offered.
            if (!withdrawn.IsCancellationRequested)
            {
                Warn(e.Message);
            }

            steering.Finish(accepted, withdrawn.IsCancellationRequested ? null : new LiveOutcome(ScanPhase.Failed, e.Message, null, default, e));
            return withdrawn.IsCancellationRequested;
        }

        bool isTakenBack = withdrawn.IsCancellationRequested;
        steering.Finish(accepted, isTakenBack ? null : roi.Last);
        coarse.Meanwhile = roi.Last;
        return isWell || isTakenBack;
    }

    private ScanCourse Course(BeamlineConfiguration configuration, string file, bool followsSeries, string note) => new()
    {
        File = file,
        Configuration = configuration,
        Note = note,
        ExitWithScan = ExitWithScan,
        FollowsSeries = followsSeries,
        Json = Json,
        Companion = stop => Companion(configuration, stop),
    };

    // A region of interest has none in itself; without roi.scan nobody knows what its scan would be.
    private RoiSteering? Steering(TangoSetUp? tango, TangoGateway? gateway, Action<string> say)
    {
        if (Configuration.Roi?.Scan is null || Configuration.Scan?.Coarse is not null)
        {
            return null;
        }

        _ = StagesSetUp.Plan(Configuration, File, number: 1, place_um: (0, 0), axis_um: 0);
        TangoStages? stages = tango?.Moves is { } moves ? new TangoStages(gateway!, moves.Stages, moves.Tolerance_um, TimeProvider.System) : null;
        return new RoiSteering(Configuration, File, stages, TimeProvider.System, Warn, say) { Operators = tango?.Moves?.Operators };
    }

    private static TangoGateway OpenGateway(TangoGatewayOptions options)
    {
        try
        {
            return new TangoGateway(options);
        }
        catch (IOException e)
        {
            throw new UserException(e.Message, e);
        }
    }

    // Before the first frame: a folder that cannot be written to must not be found out when the scan is over.
    private static NexusScanStore OpenStore(string folder)
    {
        if (string.IsNullOrWhiteSpace(folder))
        {
            throw UserException.WrongUse("the folder for the result is empty: set output.folder or --output");
        }

        try
        {
            var store = new NexusScanStore(folder);
            store.CheckWritable();
            return store;
        }
        catch (IOException e)
        {
            throw new UserException(e.Message, e);
        }
    }

    private static async Task<DisplayServer> StartPageAsync(DisplayHub hub, DisplayServerOptions options, CancellationToken stop)
    {
        try
        {
            return await DisplayServer.StartAsync(hub, options, stop).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw new UserException(e.Message, e);
        }
    }

    private ResultPublisher StartPublisher(ResultPublisherOptions options)
    {
        try
        {
            var publisher = new ResultPublisher(options, TimeProvider.System);
            PublishEndpoint[] endpoints = [publisher.Latest, publisher.Requests, publisher.Every];
            string openness = endpoints.All(e => e.IsLoopback) ? "" : "; open to other machines, without a login";
            Say($"results published on {publisher.Latest} (requests {publisher.Requests}, every pattern {publisher.Every}){openness}");
            return publisher;
        }
        catch (IOException e)
        {
            throw new UserException(e.Message, e);
        }
    }

    private static void Warn(string sentence) => Console.Error.WriteLine($"xrdct: {sentence}");

    private void Say(string line)
    {
        if (!Json)
        {
            Console.Out.WriteLine(line);
        }
    }

    private static async Task WaitAsync(CancellationToken stop)
    {
        try
        {
            await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C: what was waited for.
        }
    }

    private static void OpenBrowser(Uri url)
    {
        try
        {
            using Process? browser = Process.Start(new ProcessStartInfo(url.ToString()) { UseShellExecute = true });
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException or PlatformNotSupportedException)
        {
            // No browser here (a server, a container): the address was printed.
        }
    }
}
