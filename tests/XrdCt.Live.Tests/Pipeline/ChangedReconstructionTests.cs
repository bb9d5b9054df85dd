using System.Runtime.InteropServices;
using XrdCt.Live.Compute.Gpu;
using XrdCt.Live.Compute.Simd;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Roi;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Pipeline.Metrics;
using static XrdCt.Live.Tests.Pipeline.ScriptedSource;

namespace XrdCt.Live.Tests.Pipeline;

/// <summary>Filter, axis and air that an operator changes while the scan runs: the result is that of a scan which had them from the start.</summary>
public sealed class ChangedReconstructionTests
{
    private const int Total = 0;

    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    private readonly FakeClock _clock = new();
    private readonly CountedLeases _leases = new();
    private readonly TotalDisplay _display = new();
    private readonly List<string> _said = [];
    private readonly ScanPlan _plan = new(15, 10, 10, ScanOrder.Interlaced);

    public static TheoryData<RampFilter, double?, bool> Changes() => new()
    {
        { RampFilter.Hann, null, true },
        { RampFilter.SheppLogan, 1.25, true },
        { RampFilter.SheppLogan, null, false },
        { RampFilter.Ramp, -0.5, false },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void Use_MidScan_IsThatOfTheStart(RampFilter filter, double? axis_px, bool air)
    {
        var wanted = new ReconstructionSettings(filter, axis_px, air);
        ScanSettings settings = SmallScan.Options(new ScanPlan(31, 36, 10, ScanOrder.Interlaced)).Settings();
        var changed = new LiveReconstruction(settings);
        var fromStart = new LiveReconstruction(wanted.Over(settings));
        var untouched = new LiveReconstruction(settings);
        var assembly = new ScanAssembly[] { new(settings, new FrameTally()), new(settings, new FrameTally()), new(settings, new FrameTally()) };
        LiveReconstruction[] all = [changed, fromStart, untouched];
        int recipe = -1;
        for (int i = 0; i < settings.Description.Plan.CellCount; i++)
        {
            foreach (ScanAssembly one in assembly)
            {
                one.Place(DiscInAir(settings.Description.Plan, i));
            }

            if (i % 97 == 0)
            {
                if (i == 6 * 97)
                {
                    recipe = changed.Recipe!.Number;
                    changed.Use(wanted);
                }

                Update();
            }

            if (i == 6 * 97)
            {
                // At the next look already, to the rounding of slices that grow.
                Assert.Equal((filter, fromStart.Centre_px), (changed.Recipe!.Filter, changed.Recipe.Centre_px));
                Assert.Equal(axis_px is null ? recipe + 1 : changed.Recipe.Number, changed.Recipe.Number);
                AssertClose(fromStart, changed);
                Assert.NotEqual(Bits(untouched), Bits(changed));
            }
        }

        foreach ((LiveReconstruction reconstruction, ScanAssembly of) in all.Zip(assembly))
        {
            of.Close();
            reconstruction.Complete(of);
        }

        AssertSame(fromStart, changed);
        Assert.NotEqual(Bits(untouched), Bits(changed));
        Assert.Equal(air, changed.Recipe!.Corrections!.TakesAirOff);
        Assert.Equal(axis_px is not null, changed.Axis.IsSet);
        Assert.Equal(axis_px ?? untouched.Centre_px, changed.Axis.AppliedOffset_px);
        Assert.Equal(untouched.Centre_px, changed.CentreFromData_px);
        Assert.Equal(axis_px is not null, changed.Remark.Contains("the rotation axis is set to"));

        void Update()
        {
            foreach ((LiveReconstruction reconstruction, ScanAssembly of) in all.Zip(assembly))
            {
                reconstruction.Update(of);
            }
        }
    }

    [Fact]
    public void Use_ThereAndBack_LeavesNoTrace()
    {
        ScanSettings settings = SmallScan.Options(new ScanPlan(31, 36, 10)).Settings();
        var assembly = new ScanAssembly(settings, new FrameTally());
        var other = new ScanAssembly(settings, new FrameTally());
        var reconstruction = new LiveReconstruction(settings);
        for (int i = 0; i < settings.Description.Plan.CellCount; i++)
        {
            assembly.Place(DiscInAir(settings.Description.Plan, i));
            other.Place(DiscInAir(settings.Description.Plan, i));
            if (i % 200 == 199)
            {
                reconstruction.Use(new ReconstructionSettings(RampFilter.Cosine, i / 1000.0, i % 400 == 199));
                reconstruction.Update(assembly);
            }
        }

        Assert.NotEqual(reconstruction.CentreFromData_px, reconstruction.Centre_px);
        reconstruction.Use(ReconstructionSettings.Of(settings));
        Assert.Equal(reconstruction.CentreFromData_px, reconstruction.Centre_px);
        var untouched = new LiveReconstruction(settings);
        Complete(assembly, reconstruction);
        Complete(other, untouched);
        AssertSame(untouched, reconstruction);

        static void Complete(ScanAssembly assembly, LiveReconstruction reconstruction)
        {
            assembly.Close();
            reconstruction.Complete(assembly);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_EveryBin_ShowsTheOldSlicesUntilTheNewAreMade(bool isOnDevice)
    {
        using var device = GpuDevice.OnCpu(4, 2);
        ScanSettings settings = SmallScan.Options(new ScanPlan(31, 36, 10)).Settings();
        ScanPlan plan = settings.Description.Plan;
        var assembly = new ScanAssembly(settings, new FrameTally());
        for (int i = 0; i < plan.CellCount; i++)
        {
            assembly.Place(DiscInAir(plan, i));
        }

        var reconstruction = new LiveReconstruction(settings);
        bool isBusy = false;
        using ManualResetEventSlim asked = new(false);
        using LiveVolume volume = new(
            settings,
            assembly.Sinogram,
            TimeProvider.System,
            () =>
            {
                asked.Set();
                return Volatile.Read(ref isBusy);
            },
            isOnDevice ? filter => new DeviceSlices(device, plan, filter, SmallScan.Bins) : null);
        Task running = Task.Run(volume.Run, TestContext.Current.CancellationToken);
        long first = Offer();
        Assert.True(SpinWait.SpinUntil(() => volume.Done == first, Hang));
        float[] sharp = Sums(volume);
        AssertSums(reconstruction, sharp);

        // Frames come first: nothing is made yet, and nothing is lost.
        Volatile.Write(ref isBusy, true);
        asked.Reset();
        reconstruction.Use(new ReconstructionSettings(RampFilter.Hann, null, Air: true));
        long second = Offer();
        asked.Wait(Hang, TestContext.Current.CancellationToken);
        Assert.Equal(first, volume.Done);
        Assert.Equal(sharp, Sums(volume));

        Volatile.Write(ref isBusy, false);
        volume.Complete();
        await running;
        Assert.Equal(second, volume.Done);
        float[] smooth = Sums(volume);
        AssertSums(reconstruction, smooth);
        Assert.NotEqual(sharp, smooth);

        long Offer()
        {
            reconstruction.Update(assembly);
            return volume.Offer(reconstruction.Recipe!);
        }
    }

    [Theory]
    [InlineData(RoiMode.Completion)]
    [InlineData(RoiMode.Subtraction)]
    [InlineData(RoiMode.Extension)]
    public async Task Use_RegionOfInterest_ChangesItsFiltersToo(RoiMode mode)
    {
        var scan = new RoiScan();
        ReconstructionSettings wanted = ReconstructionSettings.Of(scan.Settings) with { Filter = RampFilter.Hann };
        var assembly = new ScanAssembly(scan.Settings, new FrameTally());
        var changed = new LiveReconstruction(scan.Settings, roi: scan.Roi(mode));
        using LiveVolume volume = new(scan.Settings, assembly.Sinogram, TimeProvider.System, () => false);
        Task running = Task.Run(volume.Run, TestContext.Current.CancellationToken);
        for (int i = 0; i < scan.Plan.CellCount; i++)
        {
            assembly.Place(scan.Frame(i));
            if (i % 300 == 299)
            {
                if (i == 899)
                {
                    changed.Use(wanted);
                }

                changed.Update(assembly);
                volume.Offer(changed.Recipe!);
            }
        }

        assembly.Close();
        changed.Complete(assembly);
        volume.Offer(changed.Recipe!);
        volume.Complete();
        await running;

        var same = new ScanAssembly(scan.Settings, new FrameTally());
        var fromStart = new LiveReconstruction(wanted.Over(scan.Settings), roi: scan.Roi(mode));
        for (int i = 0; i < scan.Plan.CellCount; i++)
        {
            same.Place(scan.Frame(i));
        }

        same.Close();
        fromStart.Complete(same);
        AssertSame(fromStart, changed);
        Assert.NotEqual(Bits(scan.Measure(scan.Roi(mode)).Reconstruction), Bits(changed));
        AssertSums(changed, Sums(volume));
    }

    [Fact]
    public async Task RunAsync_ChangedMidScan_IsShownAndSavedAsFromTheStart()
    {
        var wanted = new ReconstructionSettings(RampFilter.Hann, 1.25, Air: false);
        var store = new KeptStore();
        SliceMap? before = null;
        LiveScan scan = null!;
        scan = Scan(
            [
                Start(), .. Images(0, 75),
                Meanwhile(() => Assert.True(SpinWait.SpinUntil(() => _display.Total is { ProjectionCount: > 0 }, Hang))),
                Meanwhile(() => before = _display.Total),
                Meanwhile(() => Assert.True(scan.Control.TryChange("a page", _ => wanted))),

                // No frame comes, and it is shown all the same.
                Meanwhile(() => Assert.True(SpinWait.SpinUntil(() => HasChanged(before!), Hang))),
                .. Images(75, 75), End(),
            ],
            store);
        LiveOutcome outcome = await RunAsync(scan);

        Assert.Equal((ScanPhase.Complete, 150L), (outcome.Phase, outcome.Counters.Placed));
        Assert.Equal("a page changed the reconstruction: filter shepp-logan → hann, axis from the data → 1.25 px, air on → off", Assert.Single(_said));
        Assert.Equal((wanted, 0.0), (scan.State.Reconstruction, scan.State.ReconstructionLag_s));
        Assert.Equal(wanted, store.Scan!.Reconstruction);
        ScanRecord fromStart = await FromStartAsync(wanted);
        AssertSame(fromStart, store.Scan);
        Assert.NotEqual(Bits((await FromStartAsync(null)).Slices[Total].Values), Bits(store.Scan.Slices[Total].Values));

        bool HasChanged(SliceMap old) => _display.Total is { } now && !Bits(now.Values).SequenceEqual(Bits(old.Values));
    }

    [Fact]
    public async Task RunAsync_ChangesAtFullRate_CostNoFrame()
    {
        var store = new KeptStore();
        LiveScan scan = null!;
        var wanted = new ReconstructionSettings(RampFilter.Cosine, -1, Air: true);
        RampFilter[] filters = Enum.GetValues<RampFilter>();
        scan = Scan(
            [
                Start(),
                .. Enumerable.Range(0, 150).SelectMany(i => new[]
                {
                    Meanwhile(() => scan.Control.TryChange("a page", s => s with { Filter = filters[i % filters.Length], Axis_px = i % 3, Air = i % 2 == 0 })),
                    Image(i),
                }),
                Meanwhile(() => scan.Control.TryChange("a page", _ => wanted)),
                End(),
            ],
            store);
        LiveOutcome outcome = await RunAsync(scan);

        Assert.Equal((ScanPhase.Complete, 150L, 0L), (outcome.Phase, outcome.Counters.Placed, outcome.Counters.Duplicate));
        AssertSame(await FromStartAsync(wanted), store.Scan!);
    }

    [Fact]
    public async Task RunAsync_ChangeAfterTheLastLook_IsInTheResultAndInTheJournal()
    {
        // Each time that the page is told that all is there, somebody changes it again: the last time nothing looks at it but the end.
        var store = new KeptStore();
        var journal = new KeptJournal();
        LiveScan scan = null!;
        double last_px = 0;
        _display.Told = state =>
        {
            if (state is { Phase: ScanPhase.Running, Counters.Placed: 150 })
            {
                Assert.True(scan.Control.TryChange("a page", s => s with { Axis_px = last_px += 0.001 }));
            }
        };
        scan = Scan([Start(), .. Images(0, 150), End()], store, journal);
        await RunAsync(scan);
        _display.Told = _ => { };

        Assert.InRange(last_px, 0.001, 3);
        Assert.Equal((last_px, last_px), (store.Scan!.Reconstruction!.Axis_px, store.Scan.Axis.AppliedOffset_px));
        Assert.Equal(last_px, journal.Scan!.Reconstruction!.Axis_px);
        AssertSame(await FromStartAsync(new ReconstructionSettings(RampFilter.SheppLogan, last_px, Air: true)), store.Scan);
    }

    [Fact]
    public async Task RunAsync_AfterTheEnd_TakesNoChange()
    {
        var store = new KeptStore();
        LiveScan scan = Scan([Start(), .. Images(0, 150), End()], store);
        await RunAsync(scan);
        Assert.False(scan.Control.IsOpen);
        Assert.False(scan.Control.TryChange("a page", s => s with { Filter = RampFilter.Ramp }));
        Assert.Null(scan.Changed);
        Assert.Equal(RampFilter.SheppLogan, store.Scan!.Reconstruction!.Filter);
    }

    [Fact]
    public async Task RunAsync_Journalled_IsTheSameFromItsJournalAlone()
    {
        var wanted = new ReconstructionSettings(RampFilter.Hamming, 0.75, Air: false);
        var store = new KeptStore();
        var journal = new KeptJournal();
        LiveScan scan = null!;
        scan = Scan([Start(), .. Images(0, 90), Meanwhile(() => scan.Control.TryChange("a page", _ => wanted)), .. Images(90, 60), End()], store, journal);
        await RunAsync(scan);

        Assert.Equal(wanted, journal.Scan!.Reconstruction);
        Assert.Contains(journal.Events, e => e is { Kind: JournalledEventKind.Changed, Sentence: "a page changed the reconstruction: filter shepp-logan → hamming, axis from the data → 0.75 px, air on → off" });
        ScanRecord recovered = ScanResult.FromJournal(SmallScan.Options(_plan).Settings(), journal, _clock.GetUtcNow(), out int damaged);
        Assert.Equal(0, damaged);
        AssertSame(store.Scan!, recovered);
        Assert.Equal(wanted, recovered.Reconstruction);
    }

    [Fact]
    public async Task RunAsync_KilledAfterAChange_GoesOnWithItAndSaysSo()
    {
        var wanted = new ReconstructionSettings(RampFilter.Hann, -0.5, Air: false);
        KeptJournal left = await KilledAfterAsync(70, wanted);

        var store = new KeptStore();
        LiveScan next = Scan([Start(), .. Images(0, 150), End()], store, left);
        Assert.Equal(wanted, next.Control.Settings);
        LiveOutcome outcome = await RunAsync(next);
        Assert.Equal(ScanPhase.Complete, outcome.Phase);
        Assert.Equal("the reconstruction stays as it was changed: filter shepp-logan → hann, axis from the data → -0.5 px, air on → off", _said[^1]);
        AssertSame(await FromStartAsync(wanted), store.Scan!);
        Assert.Equal(wanted, left.Scan!.Reconstruction);

        // So has the slice that comes after it in a stack.
        Assert.Equal(wanted, next.Changed);
        LiveScan following = Scan([], new KeptStore(), options: SmallScan.Options(_plan) with { Reconstruction = next.Changed });
        Assert.Equal((wanted, wanted), (following.Control.Settings, following.Changed));
    }

    [Fact]
    public async Task RunAsync_KilledWithoutAChange_GoesOnAsConfigured()
    {
        KeptJournal left = await KilledAfterAsync(70, wanted: null);
        Assert.Null(left.Scan!.Reconstruction);
        var store = new KeptStore();
        await RunAsync(Scan([Start(), .. Images(0, 150), End()], store, left, SmallScan.Options(_plan) with { Filter = RampFilter.Ramp }));
        Assert.Equal(RampFilter.Ramp, store.Scan!.Reconstruction!.Filter);
    }

    // What is in the journal at some moment is what a kill leaves.
    private async Task<KeptJournal> KilledAfterAsync(int frames, ReconstructionSettings? wanted)
    {
        var journal = new KeptJournal();
        var left = new KeptJournal();
        LiveScan scan = null!;
        scan = Scan(
            [
                Start(), .. Images(0, frames),
                Meanwhile(() => _ = wanted is null || scan.Control.TryChange("a page", _ => wanted)),
                Meanwhile(() => Assert.True(SpinWait.SpinUntil(() => journal.Scan is { Counters.Placed: var placed } && placed == frames && journal.Scan.Reconstruction == wanted, Hang))),
                End(),
            ],
            new KeptStore(),
            journal);
        await RunAsync(scan);
        left.Scan = journal.Scan! with { Counters = journal.Scan!.Counters with { Missing = 0 } };
        foreach (JournalledPattern row in journal.Rows.Values)
        {
            left.Add(row);
        }

        _said.Clear();
        return left;
    }

    private async Task<ScanRecord> FromStartAsync(ReconstructionSettings? settings)
    {
        var store = new KeptStore();
        LiveOptions options = SmallScan.Options(_plan);
        LiveScan scan = settings is null ? Scan([Start(), .. Images(0, 150), End()], store, options: options)
            : Scan([Start(), .. Images(0, 150), End()], store, options: options with { Reconstruction = settings });
        await RunAsync(scan);
        return store.Scan!;
    }

    private LiveScan Scan(IEnumerable<Func<SourceEvent>> script, KeptStore store, IScanJournal? journal = null, LiveOptions? options = null)
    {
        LiveOptions known = options ?? SmallScan.Options(_plan);
        return new LiveScan(
            known,
            () => new ScriptedSource(_clock, script),
            () => new SimdIntegrator(known.Integration, () => new SmallScan.Reader()),
            _display,
            store,
            _clock,
            patterns: null,
            journal)
        {
            Say = sentence =>
            {
                lock (_said)
                {
                    _said.Add(sentence);
                }
            },
        };
    }

    private static Task<LiveOutcome> RunAsync(LiveScan scan) =>
        scan.RunAsync(CancellationToken.None).WaitAsync(Hang, TestContext.Current.CancellationToken);

    private Func<SourceEvent> Image(int index) => ScriptedSource.Image(() => _leases.Frame(index));

    private IEnumerable<Func<SourceEvent>> Images(int first, int count) => Enumerable.Range(first, count).Select(Image);

    // A disc beside the axis, 0.8 steps off the middle, in air.
    private static DiffractionPattern DiscInAir(ScanPlan plan, int index)
    {
        ScanCell cell = plan.CellOf(index);
        (double sin, double cos) = Math.SinCos(plan.Angle_deg(cell.Rotation) * Math.PI / 180);
        double from_um = plan.Position_um(cell.Translation) - 8 - ((15 * cos) - (10 * sin));
        return SmallScan.Pattern(index, 20 + (2 * Math.Sqrt(Math.Max(0, (80 * 80) - (from_um * from_um)))));
    }

    private static void AssertSame(LiveReconstruction expected, LiveReconstruction actual)
    {
        foreach ((SliceMap one, SliceMap other) in expected.Slices().Zip(actual.Slices()))
        {
            Assert.Equal((one.Channel, one.ProjectionCount), (other.Channel, other.ProjectionCount));
            Assert.Equal(Bits(one.Values), Bits(other.Values));
        }

        Assert.NotNull(expected.Confidence);
        Assert.Equal(expected.Confidence, actual.Confidence);
        Assert.Equivalent(expected.Roi.Candidates, actual.Roi.Candidates, strict: true);
        Assert.Equal(expected.Outside, actual.Outside);
        Assert.Equal(expected.Axis.AppliedOffset_px, actual.Axis.AppliedOffset_px);
    }

    private static void AssertSame(ScanRecord expected, ScanRecord actual)
    {
        foreach ((SliceMap one, SliceMap other) in expected.Slices.Zip(actual.Slices))
        {
            Assert.Equal((one.Channel, one.ProjectionCount), (other.Channel, other.ProjectionCount));
            Assert.Equal(Bits(one.Values), Bits(other.Values));
        }

        Assert.Equal(Bits(expected.Sinogram.Values), Bits(actual.Sinogram.Values));
        Assert.Equal(expected.Confidence, actual.Confidence);
        Assert.Equal(expected.Reconstruction, actual.Reconstruction);
        Assert.Equal((expected.Axis.AppliedOffset_px, expected.Axis.IsSet, expected.Axis.Status), (actual.Axis.AppliedOffset_px, actual.Axis.IsSet, actual.Axis.Status));
        CorrectionFindings one2 = expected.Corrected!.Findings, other2 = actual.Corrected!.Findings;
        Assert.Equal((one2.Options, one2.Sentence), (other2.Options, other2.Sentence));
        Assert.Equal(one2.Flags, other2.Flags);
        Assert.Equivalent(expected.Roi.Candidates, actual.Roi.Candidates, strict: true);
    }

    private static void AssertClose(LiveReconstruction expected, LiveReconstruction actual)
    {
        foreach ((SliceMap one, SliceMap other) in expected.Slices().Zip(actual.Slices()))
        {
            float largest = one.Values.Where(float.IsFinite).Select(Math.Abs).Max();
            Assert.All(one.Values.Zip(other.Values), p => Assert.Equal(p.First, p.Second, (1e-5f * largest) + 1e-6f));
        }
    }

    // The total is the sum of the bins.
    private static void AssertSums(LiveReconstruction reconstruction, float[] sums)
    {
        float[] total = reconstruction.Slices()[Total].Values;
        float largest = total.Where(float.IsFinite).Max();
        Assert.Equal(total.Select(float.IsNaN), sums.Select(float.IsNaN));
        Assert.InRange(total.Zip(sums).Where(p => !float.IsNaN(p.First)).Max(p => Math.Abs(p.First - p.Second)), 0, 1e-3f * largest);
    }

    private static float[] Sums(LiveVolume volume)
    {
        float[] pattern = new float[SmallScan.Bins];
        float[] sums = new float[volume.Size * volume.Size];
        for (int i = 0; i < sums.Length; i++)
        {
            Assert.True(volume.TryRead(i / volume.Size, i % volume.Size, pattern));
            sums[i] = pattern.Sum();
        }

        return sums;
    }

    private static int[] Bits(LiveReconstruction reconstruction) => Bits(reconstruction.Slices()[Total].Values);

    private static int[] Bits(float[] values) => MemoryMarshal.Cast<float, int>(values).ToArray();

    private sealed class TotalDisplay : ILiveDisplay
    {
        private volatile SliceMap? _total;

        public SliceMap? Total => _total;

        public Action<LiveState> Told { get; set; } = _ => { };

        public void Show(ScanDescription scan) => _total = null;

        public void Show(LiveState state) => Told(state);

        public void Show(SinogramMap sinogram)
        {
        }

        public void Show(SliceMap slice) => _total = slice.Channel == "total" ? slice : _total;

        public void Show(PatternView patterns)
        {
        }

        public void Show(RoiSuggestion roi)
        {
        }

        public void Show(IVoxelPatterns voxels)
        {
        }
    }
}
