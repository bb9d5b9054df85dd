using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Pipeline;

namespace XrdCt.Live.Tests.Pipeline;

public sealed class ScanFingerprintTests
{
    private static readonly LiveOptions Usual = SmallScan.Options(new ScanPlan(6, 5, 10));

    public static TheoryData<string> Deciding { get; } = [.. Others.Keys];

    private static Dictionary<string, LiveOptions> Others => new()
    {
        ["title"] = Usual with { Title = "another" },
        ["translations"] = Usual with { Plan = new ScanPlan(7, 5, 10) },
        ["order"] = Usual with { Plan = new ScanPlan(6, 5, 10, ScanOrder.Interlaced) },
        ["step"] = Usual with { Plan = new ScanPlan(6, 5, 10.000000000000002) },
        ["channels"] = Usual with { Channels = [Usual.Channels[0], Usual.Channels[1] with { Lower = 0.1 }] },
        ["bins"] = Usual with { Integration = Plan(options: Usual.Integration.Options with { BinCount = 9 }) },
        ["distance"] = Usual with { Integration = Plan(Usual.Integration.Geometry with { Distance_m = 0.10000000000000002 }) },
        ["mask"] = Usual with { Integration = Plan(masked: 210) },
        ["flat field"] = Usual with { Integration = Plan(corrections: new FrameCorrections { FlatField = Flat(1.5f) }) },
        ["slice"] = Usual with { Slice = new StackSlice(1, 3, 0) },
        ["slice number"] = Usual with { Slice = new StackSlice(2, 3, 0) },
        ["slice count"] = Usual with { Slice = new StackSlice(1, 4, 0) },
        ["slice height"] = Usual with { Slice = new StackSlice(1, 3, 10) },
        ["dark"] = Usual with { Integration = Plan(corrections: new FrameCorrections { Dark = Flat(1.5f) }) },
    };

    [Theory]
    [MemberData(nameof(Deciding))]
    public void Of_WhatDecidesTheNumbers_Differs(string what)
    {
        string[] all = [Usual.Settings().Fingerprint, .. Others.Values.Select(o => o.Settings().Fingerprint)];
        string changed = Others[what].Settings().Fingerprint;
        Assert.Single(all, f => f == changed);
        Assert.Equal(64, changed.Length);
    }

    [Fact]
    public void Of_WhatDoesNot_IsTheSame()
    {
        LiveOptions other = Usual with
        {
            Source = "elsewhere",
            Note = "note",
            Placement = Usual.Placement with { Radius_um = 20, Count = 1 },
            Filter = RampFilter.Hann,
            Workers = 7,
            Configuration = "other",
            Channels = [new LiveChannel("total", LiveChannelKind.Total), new LiveChannel("spottiness", LiveChannelKind.Spottiness)],
            Integration = Plan(),
        };
        Assert.Equal(Usual.Settings().Fingerprint, other.Settings().Fingerprint);
    }

    [Fact]
    public void FingerprintsOf_Slices_AreThoseOfTheirSettings()
    {
        StackSlice[] slices = [new(1, 2, 0), new(2, 2, 7.5)];
        Assert.Equal(slices.Select(s => (Usual with { Slice = s }).Settings().Fingerprint), Usual.FingerprintsOf(slices));
    }

    private static IntegrationPlan Plan(
        DetectorGeometry? geometry = null,
        Model.Patterns.IntegrationOptions? options = null,
        int? masked = null,
        FrameCorrections? corrections = null)
    {
        bool[] mask = new bool[SmallScan.Shape.PixelCount];
        if (masked is int pixel)
        {
            mask[pixel] = true;
        }

        return new IntegrationPlan(
            geometry ?? Usual.Integration.Geometry,
            new PixelMask(SmallScan.Shape, mask),
            (options ?? Usual.Integration.Options) with { Lower = null },
            corrections);
    }

    private static float[] Flat(float value)
    {
        float[] flat = new float[SmallScan.Shape.PixelCount];
        Array.Fill(flat, value);
        return flat;
    }
}
