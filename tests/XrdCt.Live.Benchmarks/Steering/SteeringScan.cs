using XrdCt.Live.Compute.Guidance;
using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Phantoms;
using XrdCt.Live.Phantoms.Projection;
using XrdCt.Live.Phantoms.Samples;

namespace XrdCt.Live.Benchmarks.Steering;

/// <summary>A coarse scan of a phantom with Poisson noise, line by line, and the placement that follows it as it does live.</summary>
internal sealed class SteeringScan
{
    public const double Radius_um = 125.5;

    private readonly ScanPlan _plan;
    private readonly float[][] _sinograms;
    private readonly ProgressiveSlice[] _slices;
    private readonly HalfSlices[] _halves;
    private readonly bool[] _present;
    private readonly PlacementRules _rules;
    private readonly PlacementSearch _search;

    /// <summary>Measures a phantom.</summary>
    /// <param name="disc">The phantom.</param>
    /// <param name="seed">Seed of the noise.</param>
    /// <param name="rotations">Rotations of the scan.</param>
    /// <param name="path">Their order.</param>
    /// <param name="countsPerMm">Counts of a frame per mm of full density.</param>
    public SteeringScan(PunchedDisc disc, long seed, int rotations, ScanPath path, double countsPerMm)
    {
        _plan = new ScanPlan(111, rotations, 10, path);
        _rules = Rules(disc);
        _search = new PlacementSearch(_rules);
        Track = new RankingTrack(_rules.Stop, _plan.Step_um);
        DensityMap[] maps = disc.HasSecondPhase ? [disc.MainPhase, disc.Crystals, disc.SecondPhase] : [disc.MainPhase, disc.Crystals];
        _sinograms = Measure(maps, seed, countsPerMm / 1000);
        _slices = [.. maps.Select(_ => new ProgressiveSlice(_plan, RampFilter.SheppLogan))];
        _halves = [.. maps.Select(_ => new HalfSlices(_plan, RampFilter.SheppLogan))];
        _present = new bool[rotations];
    }

    public int LineCount => _plan.LineCount;

    public RankingTrack Track { get; }

    public PlacementSearch Search => _search;

    public static PlacementRules Rules(PunchedDisc disc) => new()
    {
        Radius_um = Radius_um,
        Phases = disc.HasSecondPhase ? [new PhaseWeight("main"), new PhaseWeight("second", 1)] : [new PhaseWeight("main")],
    };

    /// <summary>Takes the next line in.</summary>
    public void Put(int line)
    {
        int rotation = _plan.CellOf(line * _plan.LineLength).Rotation;
        _present[rotation] = true;
        for (int c = 0; c < _slices.Length; c++)
        {
            ReadOnlySpan<float> projection = _sinograms[c].AsSpan(rotation * _plan.TranslationCount, _plan.TranslationCount);
            _slices[c].Put(rotation, projection);
            if (c != 1)
            {
                _halves[c].Put(rotation, projection);
            }
        }
    }

    /// <summary>What is known now.</summary>
    public PlacementView View()
    {
        double[] angles_deg = [.. Enumerable.Range(0, _plan.RotationCount).Where(r => _present[r]).Select(_plan.Angle_deg)];
        return new PlacementView
        {
            Phases = _slices.Length == 2 ? [Phase(0, "main")] : [Phase(0, "main"), Phase(2, "second")],
            Spottiness = _slices[1].ToMap("spottiness"),
            Coverage = AngularGaps.Measure(angles_deg, _plan.RotationCount),
        };
    }

    /// <summary>Ranks what is known now, and lets the track see it.</summary>
    public RoiRanking Rank()
    {
        RoiRanking ranking = _search.Rank(View(), Track.Standing);
        Track.Update(ranking);
        return ranking;
    }

    private PhaseMap Phase(int c, string name)
    {
        SliceMap slice = _slices[c].ToMap(name);
        float[] first = new float[slice.Values.Length];
        float[] second = new float[slice.Values.Length];
        _halves[c].CopyTo(first, second);
        return new PhaseMap(slice, first, second);
    }

    // Air scatters 30 counts into the window, which are taken off again; their noise stays.
    private float[][] Measure(DensityMap[] maps, long seed, double countsPerUm)
    {
        const double Air = 30;
        Projector projector = new(maps);
        SeededRandom random = new(seed, 21);
        float[][] sinograms = [.. maps.Select(_ => new float[_plan.CellCount])];
        for (int rotation = 0; rotation < _plan.RotationCount; rotation++)
        {
            ProjectionProfile profile = projector.Project(_plan.Angle_deg(rotation));
            for (int t = 0; t < _plan.TranslationCount; t++)
            {
                for (int c = 0; c < maps.Length; c++)
                {
                    double mean = (countsPerUm * profile.Path_um(c, _plan.Position_um(t), _plan.Step_um)) + Air;
                    sinograms[c][(rotation * _plan.TranslationCount) + t] = (float)(random.NextPoisson(mean) - Air);
                }
            }
        }

        return sinograms;
    }
}
