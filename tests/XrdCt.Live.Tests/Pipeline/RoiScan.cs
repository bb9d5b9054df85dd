using XrdCt.Live.Compute.Roi;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Roi;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Pipeline;
using XrdCt.Live.Pipeline.Metrics;
using XrdCt.Live.Tests.Roi;

namespace XrdCt.Live.Tests.Pipeline;

/// <summary>
/// An ROI scan of 41 × 45 at 1 µm in a sample of 280 µm of two materials with patterns of their own, and the coarse scan of 61 × 60 at 5 µm before
/// it: frames of the one, patterns of the other, and how far slices are from the sample itself.
/// </summary>
internal sealed class RoiScan
{
    public const double X_um = 30, Y_um = -22, Scale = 0.9, Centre_px = 0.6;

    private static readonly double[] Matrix = [1, 0, 2, 0.5, 1, 3, 0, 1], Particles = [0, 2, 1, 1, 3, 0, 1, 0.5], Air = [6, 1, 12, 3, 2, 8, 5, 9];

    private static readonly (double X_um, double Y_um, double Radius_um, double Density)[] Grains =
    [
        (X_um + 7, Y_um - 4, 6, 2), (X_um - 9, Y_um - 3, 4, 3), (X_um + 1, Y_um + 10, 5, 2), (X_um - 4, Y_um + 3, 2, 4),
        (90, 60, 15, 2), (-70, 40, 20, 3), (10, -95, 12, 3), (X_um + 35, Y_um + 8, 9, 3), (X_um - 5, Y_um - 36, 8, 2),
    ];

    private readonly float[][] _roi;
    private readonly float[][] _coarse;
    private readonly double _air;
    private readonly bool _isUniform;

    public RoiScan(ScanOrder order = ScanOrder.Interlaced, bool isUniform = false, double air = 1)
    {
        (_isUniform, _air) = (isUniform, air);
        Plan = new ScanPlan(41, 45, 1, order);
        Settings = SmallScan.Options(Plan).Settings() with { Corrections = new() { Air = false } };
        var measured = Enumerable.Range(0, SmallScan.Bins).Select(b => Experiment(b).Exact()).ToArray();
        _roi = [.. measured.Select(m => m.Roi)];
        _coarse = [.. measured.Select(m => m.Coarse)];
    }

    public ScanPlan Plan { get; }

    public ScanSettings Settings { get; }

    /// <summary>The coarse scan without its air, which is given beside it; nominally 3 µm beside the place.</summary>
    public LiveRoi Roi(RoiMode mode, bool hasAir = true, int coarseBins = SmallScan.Bins, bool hasVariance = false) => new()
    {
        Mode = mode,
        Coarse = mode == RoiMode.Extension ? null : Coarse(hasAir, coarseBins, hasVariance),
        Origin = mode == RoiMode.Extension ? "" : "coarse.nxs",
        Nominal = new RoiRegistrationOptions { X_um = X_um + 3, Y_um = Y_um - 3, SearchRadius_um = 10, SearchAxis_um = 5 },
    };

    public DiffractionPattern Frame(int index)
    {
        ScanCell cell = Plan.CellOf(index);
        DiffractionPattern pattern = SmallScan.Pattern(index, 0);
        for (int b = 0; b < SmallScan.Bins; b++)
        {
            double seen = _roi[b][(cell.Rotation * Plan.TranslationCount) + cell.Translation] + (Scale * _air * Air[b]);
            pattern.Signal[b] = seen * pattern.Normalisation[b];
            pattern.Variance[b] = pattern.Signal[b];
            pattern.Mean[b] = (float)(1.25 * seen);
        }

        return pattern;
    }

    /// <summary>All frames that come, and the slices at the end.</summary>
    public (ScanAssembly Assembly, LiveReconstruction Reconstruction) Measure(LiveRoi? roi, IEnumerable<int>? frames = null, int updateEvery = 0)
    {
        var assembly = new ScanAssembly(Settings, new FrameTally());
        var reconstruction = new LiveReconstruction(Settings, roi: roi);
        int placed = 0;
        foreach (int index in frames ?? Enumerable.Range(0, Plan.CellCount))
        {
            assembly.Place(Frame(index));
            if (updateEvery > 0 && ++placed % updateEvery == 0)
            {
                reconstruction.Update(assembly);
            }
        }

        assembly.Close();
        reconstruction.Complete(assembly);
        return (assembly, reconstruction);
    }

    /// <summary>Errors of a slice of the total, or of one bin, as shares of the mean; slowly varying is what is left of 4 µm.</summary>
    public (double LowFrequency, double Bias, double Correlation) Errors(float[] slice, double centre_px, int? bin = null) =>
        Experiment(bin).Errors(slice, centre_px, smoothing_um: 4);

    public void AssertRegistered(RoiAlignment found)
    {
        Assert.True(found.IsFitted, found.Status);
        Assert.Equal(X_um, found.X_um, 3 * found.XUncertainty_um);
        Assert.Equal(Y_um, found.Y_um, 3 * found.YUncertainty_um);
        Assert.Equal(Centre_px, found.Centre_px, 3 * found.CentreUncertainty_px);
        Assert.InRange(Math.Max(found.XUncertainty_um, found.YUncertainty_um), 0, 1);
        Assert.Equal(Scale, found.Scale, 0.01);
    }

    /// <summary>Variances of the coarse total: as many counts as there are µm of path.</summary>
    public float[] CoarseVariance => [.. Enumerable.Range(0, _coarse[0].Length).Select(i => _coarse.Sum(c => c[i]))];

    private CoarsePatterns Coarse(bool hasAir, int bins, bool hasVariance)
    {
        ScanRays rays = Experiment(0).CoarseRays;
        float[] values = new float[_coarse[0].Length * SmallScan.Bins];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = i % SmallScan.Bins < bins ? _coarse[i % SmallScan.Bins][i / SmallScan.Bins] : float.NaN;
        }

        return new CoarsePatterns(rays, values, SmallScan.Bins, hasAir ? [.. Air.Select(a => (float)(_air * a))] : []) { SumVariance = hasVariance ? CoarseVariance : null };
    }

    // Null for the total.
    private RoiExperiment Experiment(int? bin)
    {
        double matrix = bin is int one ? Matrix[one] : Matrix.Sum();
        double particles = bin is int same ? Particles[same] : Particles.Sum();
        return new RoiExperiment
        {
            Phantom = DiscPhantom.Of(
                [(0, 0, 140, matrix), .. _isUniform ? [] : Grains.Select(g => (g.X_um, g.Y_um, g.Radius_um, g.Density * particles))]),
            CoarseCount = 61,
            CoarseRotations = 60,
            CoarseStep_um = 5,
            RoiCount = 41,
            RoiRotations = 45,
            RoiCentre_px = Centre_px,
            X_um = _isUniform ? 0 : X_um,
            Y_um = _isUniform ? 0 : Y_um,
            Scale = Scale,
        };
    }
}
