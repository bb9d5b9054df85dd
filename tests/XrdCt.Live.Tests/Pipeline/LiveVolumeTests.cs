using XrdCt.Live.Compute.Gpu;
using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Pipeline.Metrics;

namespace XrdCt.Live.Tests.Pipeline;

/// <summary>
/// The slices of every bin beside the slice of the total: every bin b sees the sample (1 + b) times as bright, so its slice is that share of
/// the total's, whatever is corrected, moved or missing.
/// </summary>
public sealed class LiveVolumeTests
{
    private const int Translations = 31;
    private const int Rotations = 36;
    private const double Step_um = 10;

    public static TheoryData<string, double, double, bool> Scans() => new()
    {
        { "translation-fast", 0, 0, false },
        { "translation-fast", 0, 13, true },
        { "translation-fast-zigzag", 14, 0, false },
        { "rotation-fast", 0, -8, false },
        { "rotation-fast-zigzag", 14, 0, true },
        { "interlaced", 0, 0, true },
        { "golden", 0, 0, false },
    };

    [Theory]
    [MemberData(nameof(Scans))]
    public Task Run_WhileAScanGrows_HasTheSharesOfTheTotal(string order, double backlash, double axis_um, bool hasGaps) =>
        GrowAsync(order, backlash, axis_um, hasGaps, Translations, onDevice: null);

    private static async Task GrowAsync(
        string order, double backlash, double axis_um, bool hasGaps, int translations, Func<ProjectionFilter, IVolumeSlices>? onDevice, Action<string>? say = null)
    {
        var plan = new ScanPlan(translations, Rotations, Step_um, ScanPath.ByName[order]);
        ScanSettings settings = SmallScan.Options(plan).Settings();
        var assembly = new ScanAssembly(settings, new FrameTally());
        var reconstruction = new LiveReconstruction(settings);
        LiveVolume volume = new(settings, assembly.Sinogram, TimeProvider.System, () => false, onDevice, say);
        Task running = Task.Run(volume.Run, TestContext.Current.CancellationToken);
        int[] arrival = Arrival(plan, hasGaps);
        for (int k = 0; k < arrival.Length; k++)
        {
            assembly.Place(Pattern(plan, arrival[k], backlash, axis_um));
            if (k % 97 == 0 && reconstruction.Update(assembly))
            {
                volume.Offer(reconstruction.Recipe!);
            }
        }

        assembly.Close();
        reconstruction.Update(assembly);
        volume.Offer(reconstruction.Recipe!);
        volume.Complete();
        await running;

        Assert.Equal((0.0, reconstruction.ProjectionCount), (volume.Lag_s, volume.ProjectionCount));
        if (axis_um != 0)
        {
            Assert.NotEqual(0, reconstruction.Axis.AppliedOffset_px);
        }

        if (backlash != 0)
        {
            Assert.NotEqual(0, reconstruction.Stage.AppliedShift_px);
        }

        AssertShares(reconstruction.Slices()[0], volume, tolerance: 2e-4);

        // The page asks for patterns when the scan is over, too.
        volume.Dispose();
        AssertShares(reconstruction.Slices()[0], volume, tolerance: 2e-4);
    }

    [Theory]
    [InlineData("interlaced", 0, 9, true)]
    [InlineData("translation-fast-zigzag", 14, 0, false)]
    public async Task Run_OnADevice_HasTheSharesOfTheTotal(string order, double backlash, double axis_um, bool hasGaps)
    {
        using var device = GpuDevice.OnCpu(4, 2);
        var plan = new ScanPlan(Translations, Rotations, Step_um, ScanPath.ByName[order]);
        await GrowAsync(order, backlash, axis_um, hasGaps, Translations, filter => new DeviceSlices(device, plan, filter, SmallScan.Bins));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task Run_DeviceThatFails_GoesOnOnTheCpuAndSaysSo(int failsAt)
    {
        List<string> said = [];
        await GrowAsync("interlaced", 0, 0, hasGaps: true, Translations, _ => new FailingSlices(failsAt), said.Add);
        Assert.Contains("on the CPU", Assert.Single(said));
    }

    [Fact]
    public void Run_DeviceThatFailsWithTheLastProjections_HasThemAllTheSame()
    {
        ScanSettings settings = SmallScan.Options(new ScanPlan(Translations, Rotations, Step_um)).Settings();
        var assembly = new ScanAssembly(settings, new FrameTally());
        for (int i = 0; i < assembly.Plan.CellCount; i++)
        {
            assembly.Place(Pattern(assembly.Plan, i, 0, 0));
        }

        LiveReconstruction reconstruction = Reconstruct(assembly, settings, out LiveVolume volume, _ => new FailingSlices(0));
        AssertShares(reconstruction.Slices()[0], volume, tolerance: 2e-4);
    }

    [Fact]
    public void Run_RotationOfOneCell_IsLeftOut()
    {
        ScanSettings settings = SmallScan.Options(new ScanPlan(Translations, Rotations, Step_um)).Settings();
        var assembly = new ScanAssembly(settings, new FrameTally());
        for (int i = 0; i < assembly.Plan.CellCount; i++)
        {
            if (i / Translations != 7 || i % Translations == 15)
            {
                assembly.Place(Pattern(assembly.Plan, i, 0, 0));
            }
        }

        LiveReconstruction reconstruction = Reconstruct(assembly, settings, out LiveVolume volume);
        Assert.Equal((Rotations - 1, Rotations - 1), (reconstruction.ProjectionCount, volume.ProjectionCount));
        AssertShares(reconstruction.Slices()[0], volume, tolerance: 2e-4);
    }

    [Fact]
    public async Task Run_DeviceThatHasNoRoom_TakesTheCpuAndSaysSo()
    {
        List<string> said = [];
        await GrowAsync("golden", 0, 0, hasGaps: false, Translations, _ => throw new GpuException("no room"), said.Add);
        Assert.Contains("no room: the slices of every bin are made on the CPU", Assert.Single(said));
    }

    [Fact]
    public void Run_RecordedPositions_HasTheSharesOfTheTotal()
    {
        var plan = new ScanPlan(Translations, Rotations, Step_um, new ScanPath(ScanOrder.Positions));
        ScanSettings settings = SmallScan.Options(plan).Settings();
        var assembly = new ScanAssembly(settings, new FrameTally());
        for (int i = 0; i < plan.CellCount; i++)
        {
            double t_um = plan.Position_um(i % Translations) + (3 * Math.Sin(i));
            double angle_deg = plan.Angle_deg(i / Translations);
            DiffractionPattern pattern = Pattern(i, Chord(angle_deg, t_um));
            pattern.Header = pattern.Header with { Translation_mm = t_um / 1000, Rotation_deg = angle_deg };
            assembly.Place(pattern);
        }

        AssertShares(Reconstruct(assembly, settings, out LiveVolume volume).Slices()[0], volume, tolerance: 2e-4);
    }

    [Fact]
    public void Run_MonitorReferenceThatTheFirstFrameSettlesLate_IsFollowed()
    {
        var plan = new ScanPlan(Translations, Rotations, Step_um, new ScanPath(ScanOrder.Positions));
        ScanSettings settings = SmallScan.Options(plan).Settings();
        var assembly = new ScanAssembly(settings, new FrameTally());
        foreach (int i in Enumerable.Range(1, plan.CellCount - 1).Append(0))
        {
            // Intensities are per 1024 counts of the monitor, and in the end per 4096.
            double monitor = i == 0 ? 4000 : 1000;
            double t_um = plan.Position_um(i % Translations), angle_deg = plan.Angle_deg(i / Translations);
            DiffractionPattern pattern = Pattern(i, Chord(angle_deg, t_um) * monitor / 1000);
            pattern.Header = pattern.Header with { Translation_mm = t_um / 1000, Rotation_deg = angle_deg, Monitor = monitor };
            assembly.Place(pattern);
        }

        var reconstruction = new LiveReconstruction(settings);
        using LiveVolume volume = new(settings, assembly.Sinogram, TimeProvider.System, () => false);
        volume.Complete();
        reconstruction.Update(assembly);
        volume.Offer(reconstruction.Recipe!);
        volume.Run();
        Assert.Equal(1024, assembly.MonitorReference);
        AssertShares(reconstruction.Slices()[0], volume, tolerance: 2e-4);

        assembly.Close();
        Assert.Equal(4096, assembly.MonitorReference);
        reconstruction.Complete(assembly);
        volume.Offer(reconstruction.Recipe!);
        volume.Run();
        AssertShares(reconstruction.Slices()[0], volume, tolerance: 2e-4);
    }

    [Fact]
    public void Run_LineUnderWay_IsInNoSlice()
    {
        var plan = new ScanPlan(Translations, Rotations, Step_um);
        ScanSettings settings = SmallScan.Options(plan).Settings();
        var assembly = new ScanAssembly(settings, new FrameTally());
        for (int i = 0; i < (Translations * 5) / 2; i++)
        {
            assembly.Place(Pattern(plan, i, 0, 0));
        }

        var reconstruction = new LiveReconstruction(settings);
        assembly.MakeStale();
        reconstruction.Update(assembly);
        using LiveVolume volume = new(settings, assembly.Sinogram, TimeProvider.System, () => false);
        volume.Complete();
        volume.Offer(reconstruction.Recipe!);
        volume.Run();
        Assert.Equal((2, 2), (reconstruction.ProjectionCount, volume.ProjectionCount));
    }

    [Fact]
    public async Task Run_CorrectionsThatChange_MakesEverythingAnew()
    {
        // A transmission that only later frames tell, and air all around.
        var plan = new ScanPlan(Translations, Rotations, Step_um, ScanPath.ByName["interlaced"]);
        ScanSettings settings = SmallScan.Options(plan).Settings();
        var assembly = new ScanAssembly(settings, new FrameTally());
        var reconstruction = new LiveReconstruction(settings);
        using LiveVolume volume = new(settings, assembly.Sinogram, TimeProvider.System, () => false);
        Task running = Task.Run(volume.Run, TestContext.Current.CancellationToken);
        for (int i = 0; i < plan.CellCount; i++)
        {
            ScanCell cell = plan.CellOf(i);
            double seen = Chord(plan.Angle_deg(cell.Rotation), plan.Position_um(cell.Translation));
            DiffractionPattern pattern = Pattern(i, (20 + seen) * Math.Exp(-seen / 300));
            pattern.Header = pattern.Header with { Transmission = Math.Exp(-seen / 300) };
            assembly.Place(pattern);
            if (i % 200 == 199)
            {
                reconstruction.Update(assembly);
                volume.Offer(reconstruction.Recipe!);
            }
        }

        assembly.Close();
        reconstruction.Complete(assembly);
        volume.Offer(reconstruction.Recipe!);
        volume.Complete();
        await running;
        Assert.True(reconstruction.Recipe!.Corrections!.TakesAirOff);
        AssertShares(reconstruction.Slices()[0], volume, tolerance: 1e-3);
    }

    [Fact]
    public async Task Run_WhileFramesWait_DoesNothing()
    {
        var plan = new ScanPlan(Translations, Rotations, Step_um);
        ScanSettings settings = SmallScan.Options(plan).Settings();
        var assembly = new ScanAssembly(settings, new FrameTally());
        bool isBusy = true;
        using ManualResetEventSlim asked = new(false);
        using LiveVolume volume = new(settings, assembly.Sinogram, TimeProvider.System, () =>
        {
            asked.Set();
            return Volatile.Read(ref isBusy);
        });
        for (int i = 0; i < plan.CellCount; i++)
        {
            assembly.Place(Pattern(plan, i, 0, 0));
        }

        assembly.Close();
        var reconstruction = new LiveReconstruction(settings);
        reconstruction.Update(assembly);
        volume.Offer(reconstruction.Recipe!);
        volume.Complete();
        Task running = Task.Run(volume.Run, TestContext.Current.CancellationToken);
        asked.Wait(TestContext.Current.CancellationToken);
        Assert.False(running.IsCompleted);
        Assert.Equal(0, volume.ProjectionCount);
        float[] pattern = new float[SmallScan.Bins];
        Assert.True(volume.TryRead(15, 15, pattern));
        Assert.All(pattern, v => Assert.True(float.IsNaN(v)));
        Volatile.Write(ref isBusy, false);
        await running;
        Assert.Equal(Rotations, volume.ProjectionCount);
        Assert.True(volume.TryRead(15, 15, pattern));
        Assert.All(pattern, v => Assert.True(v > 0));
        Assert.False(volume.TryRead(-1, 0, pattern));
        Assert.False(volume.TryRead(0, Translations, pattern));
    }

    [Fact]
    public async Task GiveUp_WhileFramesWait_Ends()
    {
        ScanSettings settings = SmallScan.Options(new ScanPlan(Translations, Rotations, Step_um)).Settings();
        var assembly = new ScanAssembly(settings, new FrameTally());
        using LiveVolume volume = new(settings, assembly.Sinogram, TimeProvider.System, () => true);
        var reconstruction = new LiveReconstruction(settings);
        reconstruction.Update(assembly);
        volume.Offer(reconstruction.Recipe!);
        Task running = Task.Run(volume.Run, TestContext.Current.CancellationToken);
        volume.GiveUp();
        await running;
    }

    private static LiveReconstruction Reconstruct(
        ScanAssembly assembly, ScanSettings settings, out LiveVolume volume, Func<ProjectionFilter, IVolumeSlices>? onDevice = null)
    {
        assembly.Close();
        var reconstruction = new LiveReconstruction(settings);
        reconstruction.Update(assembly);
        volume = new LiveVolume(settings, assembly.Sinogram, TimeProvider.System, () => false, onDevice);
        volume.Offer(reconstruction.Recipe!);
        volume.Complete();
        volume.Run();
        return reconstruction;
    }

    private static void AssertShares(SliceMap total, LiveVolume volume, double tolerance)
    {
        Assert.True(total.ProjectionCount > 30);
        float largest = total.Values.Where(float.IsFinite).Max();
        Assert.True(largest > 0);
        float[] pattern = new float[SmallScan.Bins];
        double all = Enumerable.Range(1, SmallScan.Bins).Sum();
        int compared = 0;
        for (int i = 0; i < total.Values.Length; i++)
        {
            Assert.True(volume.TryRead(i / total.Size, i % total.Size, pattern));
            for (int b = 0; b < pattern.Length; b++)
            {
                double share = (1 + b) / all;
                Assert.Equal(float.IsNaN(total.Values[i]), float.IsNaN(pattern[b]));
                if (!float.IsNaN(pattern[b]))
                {
                    Assert.InRange(pattern[b] - (share * total.Values[i]), -tolerance * share * largest, tolerance * share * largest);
                    compared++;
                }
            }
        }

        Assert.True(compared > total.Values.Length);
    }

    // Frames that overtake each other, one that comes at the very end, and some that never come.
    private static int[] Arrival(ScanPlan plan, bool hasGaps)
    {
        List<int> arrival = [.. Enumerable.Range(0, plan.CellCount).Where(i => !hasGaps || i % 53 != 17)];
        for (int i = 0; i + 3 < arrival.Count; i += 7)
        {
            (arrival[i], arrival[i + 3]) = (arrival[i + 3], arrival[i]);
        }

        int late = arrival[40];
        arrival.RemoveAt(40);
        arrival.Add(late);
        return [.. arrival];
    }

    private static DiffractionPattern Pattern(ScanPlan plan, int index, double backlash_um, double axis_um)
    {
        ScanCell cell = plan.CellOf(index);
        bool isBackward = plan.Path.IsZigzag && index / plan.LineLength % 2 == 1;
        double shift_um = isBackward && !plan.Path.LinesRunOverRotations ? backlash_um : 0;
        double shift_deg = isBackward && plan.Path.LinesRunOverRotations ? backlash_um / Step_um * plan.Step_deg : 0;
        return Pattern(index, Chord(plan.Angle_deg(cell.Rotation) + shift_deg, plan.Position_um(cell.Translation) + shift_um - axis_um));
    }

    private static DiffractionPattern Pattern(int index, double seen)
    {
        DiffractionPattern pattern = SmallScan.Pattern(index, 0);
        for (int b = 0; b < SmallScan.Bins; b++)
        {
            pattern.Signal[b] = seen * (1 + b) * pattern.Normalisation[b];
            pattern.Variance[b] = pattern.Signal[b];
            pattern.Mean[b] = (float)(seen * (1 + b));
        }

        return pattern;
    }

    // Two discs, one off the axis.
    private static double Chord(double angle_deg, double t_um)
    {
        (double sin, double cos) = Math.SinCos(angle_deg * Math.PI / 180);
        double aside_um = t_um - ((45 * cos) - (20 * sin));
        return Half(100, t_um) + (2 * Half(25, aside_um));

        static double Half(double radius_um, double from_um) => 2 * Math.Sqrt(Math.Max(0, (radius_um * radius_um) - (from_um * from_um)));
    }

    // Works a few times, and then the device is gone.
    private sealed class FailingSlices(int failsAt) : IVolumeSlices
    {
        private int _calls;

        public int ProjectionCount => _calls;

        public bool BringUpToDate(VolumeRecipe recipe, ProjectionRows rows, Func<bool> mayGoOn) => _calls++ < failsAt ? true : throw new GpuException("gone");

        public void CopyPattern(int row, int column, Span<float> pattern) => throw new GpuException("gone");

        public void Dispose()
        {
        }
    }
}
