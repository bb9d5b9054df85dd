using System.Collections.Concurrent;
using XrdCt.Live.Gateway;
using XrdCt.Live.Model.Readings;

namespace XrdCt.Live.Tests.Gateway;

/// <summary>Positions and monitor values from real Tango, with everything on the way killed in turn.</summary>
[Collection(TangoCollection.Name)]
public sealed class TangoReadingsTests(TangoBeamline beamline)
{
    private static readonly TangoAttribute Translation = TangoAttribute.Parse("translation/Position");
    private static readonly TangoAttribute Rotation = TangoAttribute.Parse("rotation/Position");
    private static readonly TangoAttribute Monitor = TangoAttribute.Parse("monitor/Counts");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Watch_AMove_ComesAsEventsStampedByTheDevice()
    {
        using TangoGateway gateway = beamline.Connect();
        var told = new ConcurrentQueue<TangoReading>();
        await using var watch = new TangoWatch(gateway, [Rotation, new("rotation", "State")], TimeSpan.FromSeconds(0.2), told.Enqueue, _ => { });
        // Subscribed: until then the gateway reads.
        await Eventually.TrueAsync(() => told.Any(r => r.Attribute == Rotation && r.IsEvent), "the first event");
        double from = watch.Latest(Rotation)!.Value!.Number;
        double to = from < 100 ? from + 30 : from - 30;
        await gateway.ConfirmAsync(await gateway.ProposeAsync(new StageMove(Rotation, to), "Ada", Stop), "Ada", Stop);
        await Eventually.TrueAsync(() => watch.Latest(Rotation)!.Value!.Number == to, "the end of the move");

        // 0.5 s at 60°/s, told every 50 ms.
        TangoReading[] events = [.. told.Where(r => r.Attribute == Rotation && r.IsEvent)];
        TangoReading[] moving = [.. events.Where(r => r.Quality == TangoQuality.Changing)];
        Assert.InRange(moving.Length, 5, 40);
        for (int i = 1; i < moving.Length; i++)
        {
            double seconds = (moving[i].At!.Value - moving[i - 1].At!.Value).TotalSeconds;
            double travelled = Math.Abs(moving[i].Value!.Number - moving[i - 1].Value!.Number);
            Assert.Equal(60 * seconds, travelled, 0.01);
        }

        Assert.Contains(told, r => r.Value?.State == TangoState.Moving);
        Assert.Equal(to, watch.Latest(Rotation)!.SetValue!.Number);
        Assert.False(watch.Latest(Rotation)!.IsStale);
    }

    [Fact]
    public async Task Readings_OfStandingAndChangingAttributes_ComeInOrderAndWithoutGaps()
    {
        using TangoGateway gateway = beamline.Connect();
        using var readings = new TangoReadings(
            gateway, new TangoReadingsOptions { Translation = new(Translation, 0.5), Rotation = new(Rotation), Monitor = new(Monitor) }, _ => { });

        // The processes that follow them do not start at the same time.
        Receive(readings, r => !double.IsNaN(r.Translation_mm));
        Receive(readings, r => !double.IsNaN(r.Rotation_deg));
        DateTimeOffset from = Receive(readings, r => !double.IsNaN(r.Monitor))[^1].At!.Value;
        List<StageReading> received = Receive(readings, r => r.At > from.AddSeconds(1.5));
        Check(received, r => r.Translation_mm, 4, 0.6);
        Check(received, r => r.Rotation_deg, 4, 0.6);
        Check(received, r => r.Monitor, 10, 0.4);
        double position = (await gateway.ReadAsync([Translation], Stop))[0].Value!.Number;
        Assert.Equal(0.5 * position, received.Last(r => !double.IsNaN(r.Translation_mm)).Translation_mm, 1e-9);
        Assert.All(received.Where(r => !double.IsNaN(r.Monitor)), r => Assert.InRange(r.Monitor, 5e5, 2e6));

        static void Check(List<StageReading> received, Func<StageReading, double> quantity, int least, double longestGap_s)
        {
            StageReading[] told = [.. received.Where(r => !double.IsNaN(quantity(r)))];
            Assert.True(told.Length >= least, $"{told.Length} readings");
            for (int i = 1; i < told.Length; i++)
            {
                // Twice the period and more: the machine is busy.
                Assert.InRange((told[i].At!.Value - told[i - 1].At!.Value).TotalSeconds, 1e-7, 5 * longestGap_s);
            }
        }
    }

    [Fact]
    public async Task Readings_GatewayKilledAndStartedAgain_GoOnAndSaySo()
    {
        beamline.Require();
        using var folder = new TemporaryFolder("xrdct-gateway-");
        string configuration = beamline.Configuration(null);
        (Server server, Uri address) = await TangoBeamline.StartGatewayAsync(folder.Path, configuration);
        var said = new ConcurrentQueue<string>();
        using TangoGateway gateway = beamline.Connect(o => o with { Address = address, LongestPause = TimeSpan.FromSeconds(0.5) });
        using var readings = new TangoReadings(gateway, new TangoReadingsOptions { Monitor = new(Monitor) }, said.Enqueue);
        Receive(readings, r => r.Monitor > 0);
        Assert.False(readings.Watch.Latest(Monitor)!.IsStale);

        await server.KillAsync();
        await Eventually.TrueAsync(() => !said.IsEmpty, "the loss");
        Assert.Matches("^the Tango gateway at http://127.0.0.1:[0-9]+/ (cannot be reached|has ended the subscription).*stale", said.First());
        Assert.True(readings.Watch.Latest(Monitor)!.IsStale);
        Assert.False(readings.Watch.IsConnected);

        DateTimeOffset killed = DateTimeOffset.UtcNow;
        (Server again, Uri _) = await TangoBeamline.StartGatewayAsync(
            folder.Path, configuration.Replace("listen: 127.0.0.1:0", $"listen: 127.0.0.1:{address.Port}", StringComparison.Ordinal));
        await using Server second = again;
        Receive(readings, r => r.At > killed);
        await Eventually.TrueAsync(() => !readings.Watch.Latest(Monitor)!.IsStale, "a fresh value");
        Assert.Matches("tells again, after [0-9.]+ s$", said.Last());
    }

    [Fact]
    public async Task Readings_DeviceServerKilledAndStartedAgain_GoOnAndSaySo()
    {
        using TangoGateway gateway = beamline.Connect();
        TangoAttribute monitor = new("second-monitor", "Counts");
        var said = new ConcurrentQueue<string>();
        Server server = await TangoBeamline.StartBeamlineAsync(beamline.SecondPort);
        await using Server first = server;
        using var readings = new TangoReadings(gateway, new TangoReadingsOptions { Monitor = new(monitor), Rotation = new(Rotation) }, said.Enqueue);
        Receive(readings, r => r.Monitor > 0);

        await server.KillAsync();
        await Eventually.TrueAsync(() => !said.IsEmpty, "the loss");
        Assert.StartsWith("Tango's second-monitor/Counts cannot be read (API_", Assert.Single(said));
        Assert.True(readings.Watch.Latest(monitor)!.IsStale);

        // The other device goes on.
        DateTimeOffset killed = DateTimeOffset.UtcNow;
        Receive(readings, r => r.At > killed && !double.IsNaN(r.Rotation_deg));
        Assert.False(readings.Watch.Latest(Rotation)!.IsStale);

        await using Server again = await TangoBeamline.StartBeamlineAsync(beamline.SecondPort);
        Receive(readings, r => r.At > killed && r.Monitor > 0);
        await Eventually.TrueAsync(() => said.Count == 2, "that it is back");
        Assert.Matches("^Tango's second-monitor/Counts can be read again, after [0-9.]+ s$", said.Last());
        Assert.False(readings.Watch.Latest(monitor)!.IsStale);
    }

    [Fact]
    public async Task Readings_GatewayHangs_ComeLateAndInOrder()
    {
        beamline.Require();
        using var folder = new TemporaryFolder("xrdct-gateway-");
        (Server server, Uri address) = await TangoBeamline.StartGatewayAsync(folder.Path, beamline.Configuration(null));
        await using Server _ = server;
        var said = new ConcurrentQueue<string>();
        using TangoGateway gateway = beamline.Connect(o => o with { Address = address, SilenceLimit = TimeSpan.FromSeconds(30) });
        using var readings = new TangoReadings(gateway, new TangoReadingsOptions { Monitor = new(Monitor) }, said.Enqueue);
        List<StageReading> before = Receive(readings, r => r.Monitor > 0);
        server.Pause();
        DateTimeOffset paused = DateTimeOffset.UtcNow;
        await Eventually.TrueAsync(() => DateTimeOffset.UtcNow > paused.AddSeconds(2), "two seconds of silence");
        while (readings.TryReceive(TimeSpan.Zero, out StageReading reading, out string? _))
        {
            before.Add(reading);
        }

        DateTimeOffset resumed = DateTimeOffset.UtcNow;
        server.Resume();
        List<StageReading> after = Receive(readings, r => r.At > resumed.AddSeconds(0.5));

        // Told 10 times a second by the device, whoever listened: what it told meanwhile came late, and nothing of it was overtaken.
        Assert.InRange(after.Count(r => r.At > paused.AddSeconds(0.3) && r.At < resumed.AddSeconds(-0.3)), 10, 30);
        DateTimeOffset[] times = [.. before.Concat(after).Select(r => r.At!.Value)];
        Assert.Equal(times.Order(), times);
        Assert.Empty(said);
    }

    [Fact]
    public async Task Watch_MoveOfAStandingAxisWhileAllHangs_ComesBeforeWhereItStandsNow()
    {
        beamline.Require();
        using var folder = new TemporaryFolder("xrdct-gateway-");
        (Server server, Uri address) = await TangoBeamline.StartGatewayAsync(folder.Path, beamline.Configuration(null));
        await using Server _ = server;
        using TangoGateway mover = beamline.Connect();
        using TangoGateway gateway = beamline.Connect(o => o with { Address = address, SilenceLimit = TimeSpan.FromSeconds(30) });
        var told = new ConcurrentQueue<TangoReading>();
        await using var watch = new TangoWatch(gateway, [Rotation], TimeSpan.FromSeconds(0.1), told.Enqueue, _ => { });
        await Eventually.TrueAsync(() => told.Any(r => r.IsEvent) && !told.Last().IsEvent, "a standing axis that is read");
        double from = watch.Latest(Rotation)!.Value!.Number;
        double to = from < 100 ? from + 30 : from - 30;
        server.Pause();
        DateTimeOffset paused = DateTimeOffset.UtcNow;
        await mover.ConfirmAsync(await mover.ProposeAsync(new StageMove(Rotation, to), "Ada", Stop), "Ada", Stop);
        await Eventually.TrueAsync(() => DateTimeOffset.UtcNow > paused.AddSeconds(1), "the end of the move");
        server.Resume();
        await Eventually.TrueAsync(() => watch.Latest(Rotation)!.Value!.Number == to && !told.Last().IsEvent, "that the axis stands again");

        // 0.5 s at 20 Hz; a reading that went first would be younger than they.
        Assert.InRange(told.Count(r => r.Quality == TangoQuality.Changing), 5, 20);
        DateTimeOffset[] times = [.. told.Select(r => r.At!.Value)];
        Assert.Equal(times.Order(), times);
    }

    /// <summary>Which of the two goes first is a race with real Tango; here the clock and the device are the test's.</summary>
    [Fact]
    public async Task DeviceWatch_AfterAHoldUp_ReadsAStandingAxisOnlyAfterAPeriod()
    {
        beamline.Require();
        const string Program = """
            import sys
            sys.path[:0] = sys.argv[1:]
            import tango
            from tango_gateway import device_watch

            class Over(Exception):
                pass

            class Clock:
                now, naps = 100.0, 0
                def monotonic(self):
                    return self.now
                def sleep(self, wait_s):
                    self.naps += 1
                    held_up_s = 3.0 if self.naps == 4 else 0.0
                    self.now += wait_s + held_up_s
                    if held_up_s:
                        print(f"held up {self.now - 100:.1f}")

            class Axis:
                def read_attributes(self, names):
                    print(f"read {clock.now - 100:.1f}")
                    if clock.now > 105:
                        raise Over
                    return [tango.DeviceAttribute()]

            clock = device_watch.time = Clock()
            device_watch.values.reading = lambda name, attribute: None
            mailbox = device_watch.Mailbox()
            watch = device_watch.DeviceWatch("axis", "tango://127.0.0.1:1/a/b/c#dbase=no", ["Position"], 0.5, 1.0, mailbox)
            watch._told_at["position"] = clock.now
            try:
                watch._ask(Axis())
                print("renewed")
                watch._ask(Axis())
            except Over:
                pass
            """;
        string wire = Environment.GetEnvironmentVariable("XRDCT_GATEWAY_WIRE") ?? Path.Combine(Repository.Root, ".artifacts", "tango-gateway");
        (int exitCode, string output) = await Server.RunAsync(
            TangoBeamline.Python, "/", "-c", Program, Path.Combine(Repository.Root, "tools", "tango-gateway"), wire);
        Assert.True(exitCode == 0, output);
        Assert.Equal(
            ["read 0.5", "read 1.0", "read 1.5", "held up 5.0", "read 5.5"],
            output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>
    /// libtango 9.3.4 ends a process that holds a subscription without a database for some 20 s (12 s passed, measured). Here the clock is the test's, so
    /// that a minute of following takes none; the endurance test below follows the real thing.
    /// </summary>
    [Fact]
    public async Task DeviceWatch_WithoutADatabase_RenewsEverySubscriptionInTime()
    {
        beamline.Require();
        const string Program = """
            import sys
            sys.path[:0] = sys.argv[1:]
            import tango
            from tango_gateway import device_watch

            class Over(Exception):
                pass

            class Clock:
                now = 100.0
                def monotonic(self):
                    return self.now
                def sleep(self, wait_s):
                    self.now += wait_s
                    for name, since in held.values():
                        oldest[name] = max(oldest.get(name, 0.0), self.now - since)
                    if self.now > 160:
                        raise Over

            class Axis:
                def __init__(self, address):
                    pass
                def set_timeout_millis(self, timeout):
                    pass
                def ping(self):
                    pass
                def subscribe_event(self, name, kind, take):
                    assert name not in [of for of, _ in held.values()], "a second subscription beside the first"
                    made[name] = made.get(name, 0) + 1
                    held[len(ids)] = (name, clock.now)
                    ids.append(name)
                    return len(ids) - 1
                def unsubscribe_event(self, number):
                    del held[number]
                def read_attributes(self, names):
                    return [tango.DeviceAttribute() for _ in names]

            held, made, oldest, ids = {}, {}, {}, []
            clock = device_watch.time = Clock()
            device_watch.tango.DeviceProxy = Axis
            device_watch.values.reading = lambda name, attribute: None
            for address in ("tango://127.0.0.1:1/a/b/c#dbase=no", "a/b/c"):
                held, made, oldest, ids = {}, {}, {}, []
                clock.now = 100.0
                try:
                    device_watch.DeviceWatch("axis", address, ["Position", "State"], 0.5, 1.0, device_watch.Mailbox())._follow()
                except Over:
                    pass
                print(made["position"], made["state"], f"{max(oldest.values()):.1f}", len(held))
            """;
        string wire = Environment.GetEnvironmentVariable("XRDCT_GATEWAY_WIRE") ?? Path.Combine(Repository.Root, ".artifacts", "tango-gateway");
        (int exitCode, string output) = await Server.RunAsync(
            TangoBeamline.Python, "/", "-c", Program, Path.Combine(Repository.Root, "tools", "tango-gateway"), wire);
        Assert.True(exitCode == 0, output);

        // In 60 s: twelve renewals of 5 s each, and none that libtango's own heartbeat makes needless.
        string[] told = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["13 13 5.0 0", "1 1 60.0 0"], told);
    }

    /// <summary>The same with real events, a renewal of 0.2 s, and libtango's own list of what it is subscribed to.</summary>
    [Fact]
    public async Task DeviceWatch_RenewedOften_GoesOnTellingEvents()
    {
        beamline.Require();
        const string Program = """
            import os, sys, threading, time
            sys.path[:0] = sys.argv[2:]
            import tango
            from tango_gateway import device_watch

            made = []
            subscribe = tango.DeviceProxy.subscribe_event
            def counted(self, *arguments):
                made.append(subscribe(self, *arguments))
                return made[-1]

            tango.DeviceProxy.subscribe_event = counted
            device_watch.RENEWAL_S = 0.2
            mailbox = device_watch.Mailbox()
            device_watch.DeviceWatch("monitor", sys.argv[1], ["Counts"], 1.0, 5.0, mailbox).start()
            renewals, told, begun = 0, 0, time.monotonic()
            while (renewals < 10 or told < 30) and time.monotonic() < begun + 30:
                reading = mailbox.take(1.0)
                told += reading is not None and reading.is_event and not reading.HasField("error")
                renewals = len(made) - 1
            print("renewed" if renewals >= 10 else f"{renewals} renewals", "told" if told >= 30 else f"{told} events", flush=True)
            os._exit(0)
            """;
        string wire = Environment.GetEnvironmentVariable("XRDCT_GATEWAY_WIRE") ?? Path.Combine(Repository.Root, ".artifacts", "tango-gateway");
        (int exitCode, string output) = await Server.RunAsync(
            TangoBeamline.Python, "/", "-c", Program, $"tango://127.0.0.1:{beamline.BeamlinePort}/sim/monitor/1#dbase=no",
            Path.Combine(Repository.Root, "tools", "tango-gateway"), wire);
        Assert.True(exitCode == 0, output);
        Assert.Equal("renewed told", output.Trim());
    }

    [Fact]
    public async Task Readings_ProcessOfTheEventsDies_GatewayLivesAndSaysSoAndEventsComeAgain()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the processes of the gateway are found in /proc");
        beamline.Require();
        using var folder = new TemporaryFolder("xrdct-gateway-");
        (Server server, Uri address) = await TangoBeamline.StartGatewayAsync(folder.Path, beamline.Configuration(null));
        await using Server _ = server;
        using TangoGateway gateway = beamline.Connect(o => o with { Address = address });
        var told = new ConcurrentQueue<TangoReading>();
        var said = new ConcurrentQueue<string>();
        await using var watch = new TangoWatch(gateway, [Monitor], TimeSpan.FromSeconds(0.2), told.Enqueue, said.Enqueue);
        await Eventually.TrueAsync(() => told.Any(r => r.IsEvent), "the first event");
        int died = Assert.Single(server.Children);

        // Another subscription, which must not notice.
        var others = new ConcurrentQueue<TangoReading>();
        var otherSaid = new ConcurrentQueue<string>();
        await using var other = new TangoWatch(gateway, [Rotation], TimeSpan.FromSeconds(0.2), others.Enqueue, otherSaid.Enqueue);
        await Eventually.TrueAsync(() => others.Any(r => r.IsEvent), "the other's first event");

        Server.Signal("SEGV", died);
        DateTimeOffset killed = DateTimeOffset.UtcNow;
        await Eventually.TrueAsync(() => told.Any(r => r.At > killed && r.IsEvent), "events again");
        await Eventually.TrueAsync(() => said.Count == 2, "that it is back");
        Assert.Equal(
            "Tango's monitor/Counts cannot be read (GATEWAY_SubscriptionBroken: the process that followed monitor has ended (SIGSEGV); another one is started);"
            + " what it last told is stale until it can",
            said.First());
        Assert.Matches("^Tango's monitor/Counts can be read again, after [0-9.]+ s$", said.Last());
        await server.SaysAsync("the process that followed monitor has ended (SIGSEGV); another one is started");
        Assert.Equal(2, server.Children.Length);
        Assert.DoesNotContain(died, server.Children);
        Assert.Equal(TangoQuality.Valid, (await gateway.ReadAsync([Monitor], Stop))[0].Quality);
        Assert.Empty(otherSaid);
        Assert.Contains(others, r => r.At > killed);
        Assert.Null(server.Ending);
    }

    /// <summary>
    /// libtango 9.3.4 ended every process that followed a device without a database for longer than 20 s. XRDCT_TANGO_ENDURANCE=1 follows for
    /// 30 s, and for 30 s more beside a device server that is dead.
    /// </summary>
    [Fact]
    public async Task Readings_WithoutADatabaseForLong_NoProcessDies()
    {
        bool isWhole = Environment.GetEnvironmentVariable("XRDCT_TANGO_ENDURANCE") == "1";
        Assert.SkipUnless(isWhole, "takes a minute: XRDCT_TANGO_ENDURANCE=1 asks for it");
        beamline.Require();
        using var folder = new TemporaryFolder("xrdct-gateway-");
        (Server server, Uri address) = await TangoBeamline.StartGatewayAsync(folder.Path, beamline.Configuration(null));
        await using Server _ = server;
        await using Server second = await TangoBeamline.StartBeamlineAsync(beamline.SecondPort);
        using TangoGateway gateway = beamline.Connect(o => o with { Address = address });
        var told = new ConcurrentQueue<TangoReading>();
        var said = new ConcurrentQueue<string>();
        TangoAttribute dying = new("second-monitor", "Counts");
        await using var watch = new TangoWatch(gateway, [Monitor, Rotation, dying], TimeSpan.FromSeconds(0.2), told.Enqueue, said.Enqueue);
        await Eventually.TrueAsync(() => told.Any(r => r.Attribute == dying && r.IsEvent), "the first event");
        await ForAsync(TimeSpan.FromSeconds(30));
        Assert.Empty(said);
        await second.KillAsync();
        await ForAsync(TimeSpan.FromSeconds(30));
        Assert.StartsWith("Tango's second-monitor/Counts cannot be read (API_", Assert.Single(said));
        Assert.DoesNotContain("has ended", server.Output);
        DateTimeOffset[] events = [.. told.Where(r => r.Attribute == Monitor && r.IsEvent).Select(r => r.At!.Value)];
        Assert.True(events.Length > 500, $"{events.Length} events in 60 s of 10 a second");

        static Task ForAsync(TimeSpan time)
        {
            DateTimeOffset begun = DateTimeOffset.UtcNow;
            return Eventually.TrueAsync(() => DateTimeOffset.UtcNow > begun + time, "the end of a long time");
        }
    }

    [Fact]
    public async Task Readings_UnknownDeviceOrToken_SayWhy()
    {
        using TangoGateway gateway = beamline.Connect();
        var said = new ConcurrentQueue<string>();
        using (new TangoReadings(gateway, new TangoReadingsOptions { Monitor = new(new("nobody", "Counts")) }, said.Enqueue))
        {
            await Eventually.TrueAsync(() => !said.IsEmpty, "a reason");
        }

        Assert.StartsWith("the gateway knows no device 'nobody'", said.First());
        using TangoGateway stranger = beamline.Connect(o => o with { Token = TangoBeamline.Token('c') });
        said.Clear();
        using (new TangoReadings(stranger, new TangoReadingsOptions { Monitor = new(Monitor) }, said.Enqueue))
        {
            await Eventually.TrueAsync(() => !said.IsEmpty, "a reason");
        }

        Assert.Contains("does not know our token", said.First());
    }

    [Fact]
    public async Task Readings_OfWhatIsNoNumber_AreRefusedOnce()
    {
        using TangoGateway gateway = beamline.Connect();
        using var readings = new TangoReadings(
            gateway, new TangoReadingsOptions { Monitor = new(Monitor), Rotation = new(new("rotation", "Status")) }, _ => { });
        var refusals = new List<string>();
        DateTimeOffset begun = DateTimeOffset.UtcNow;
        await Eventually.TrueAsync(
            () =>
            {
                bool isOver = false;
                while (!isOver && (readings.TryReceive(TimeSpan.Zero, out StageReading reading, out string? refusal) || refusal is not null))
                {
                    refusals.AddRange(refusal is null ? [] : [refusal]);
                    Assert.True(double.IsNaN(reading.Rotation_deg) || refusal is not null);
                    isOver = reading.At > begun.AddSeconds(1);
                }

                return isOver;
            },
            "a second of readings");
        Assert.Equal("Tango's rotation/Status tells no number with a time (its quality is valid): it is left out", Assert.Single(refusals));
    }

    [Fact]
    public async Task Readings_StampedAheadOfOurClock_AreLeftOutSaidAndSilenceNothing()
    {
        await using ScriptedDevice scripted = await ScriptedDevice.StartAsync(beamline);
        using TangoGateway gateway = scripted.Connect();
        var said = new ConcurrentQueue<string>();
        var options = new TangoReadingsOptions { Rotation = new(ScriptedDevice.Position), Period = TimeSpan.FromSeconds(0.1) };
        using var readings = new TangoReadings(gateway, options, said.Enqueue);
        await scripted.SetAsync("Ahead_s", 0.5);
        Receive(readings, r => r.At > DateTimeOffset.UtcNow);
        for (int jump = 1; jump <= 2; jump++)
        {
            await scripted.SetAsync("Ahead_s", 3600);
            string? refused = null;
            await Eventually.TrueAsync(
                () => readings.TryReceive(TimeSpan.Zero, out StageReading reading, out refused) ? reading.At > DateTimeOffset.UtcNow.AddSeconds(1) : refused is not null,
                "a reading that is left out");
            Assert.Matches(@"^Tango's scripted/Position is stamped 3(599|600)\.\d s ahead of our clock: it is left out until the clocks agree$", refused);
            DateTimeOffset begun = DateTimeOffset.UtcNow;
            await Eventually.TrueAsync(() => DateTimeOffset.UtcNow > begun.AddSeconds(0.5), "more of them");
            await scripted.SetAsync("Ahead_s", 0);

            // Nothing else is refused meanwhile, and what is told rightly comes at once.
            List<StageReading> after = Receive(readings, r => r.At > begun.AddSeconds(0.5));
            Assert.All(after, r => Assert.True(r.At < DateTimeOffset.UtcNow.AddSeconds(1)));
            Assert.Equal(jump, said.Count);
            Assert.Matches(@"^Tango's scripted/Position is stamped as our clock is again, after [0-9]+ readings that were left out$", said.Last());
        }
    }

    [Fact]
    public void Readings_WithoutAttributeOrWithOneTwice_AreRefused()
    {
        using TangoGateway gateway = new(new TangoGatewayOptions { Address = new Uri("http://127.0.0.1:1"), Token = TangoBeamline.Token('a') });
        Assert.Throws<ArgumentException>(() => new TangoReadings(gateway, new TangoReadingsOptions(), _ => { }));
        Assert.Throws<ArgumentException>(
            () => new TangoReadings(gateway, new TangoReadingsOptions { Monitor = new(Monitor), Rotation = new(new("MONITOR", "counts")) }, _ => { }));
        Assert.Throws<ArgumentException>(() => new TangoReadings(gateway, new TangoReadingsOptions { Monitor = new(Monitor, 0) }, _ => { }));
    }

    /// <summary>Receives until a reading is the one that is waited for.</summary>
    private static List<StageReading> Receive(TangoReadings readings, Predicate<StageReading> isLast)
    {
        var received = new List<StageReading>();
        long begun = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(begun) < Eventually.Limit)
        {
            if (readings.TryReceive(TimeSpan.FromSeconds(1), out StageReading reading, out string? refusal))
            {
                received.Add(reading);
                if (isLast(reading))
                {
                    return received;
                }
            }

            Assert.Null(refusal);
        }

        Assert.Fail($"the reading never came; {received.Count} others did");
        return received;
    }
}
