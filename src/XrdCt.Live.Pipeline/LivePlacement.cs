using XrdCt.Live.Compute.Guidance;
using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Pipeline;

/// <summary>Places regions of interest in the slices of a scan while they grow, and follows whether the scan may stop. One thread only.</summary>
internal sealed class LivePlacement
{
    private readonly ScanPlan _plan;
    private readonly IReadOnlyList<LiveChannel> _channels;
    private readonly int _totalChannel;
    private readonly int[] _phases;
    private readonly HalfSlices?[] _halves;
    private readonly int _spottiness;
    private readonly PlacementSearch _search;
    private readonly RankingTrack _track;
    private ForbiddenZones _forbidden;

    /// <summary>Takes the rules of a scan.</summary>
    /// <param name="settings">Settings; the phases of the placement are channels.</param>
    /// <param name="totalChannel">Channel whose half-sets and noise the caller has.</param>
    public LivePlacement(ScanSettings settings, int totalChannel)
    {
        PlacementRules rules = settings.Placement;
        _plan = settings.Description.Plan;
        _channels = settings.Description.Channels;
        _totalChannel = totalChannel;
        List<string> names = [.. _channels.Select(c => c.Name)];
        _phases = [.. rules.Phases.Select(p => names.IndexOf(p.Channel)).Distinct()];
        _halves = new HalfSlices?[names.Count];
        _spottiness = _channels.ToList().FindIndex(c => c.Kind == LiveChannelKind.Spottiness);
        _search = new PlacementSearch(rules);
        _forbidden = ForbiddenZones.None with { Zones = rules.Forbidden };
        _track = new RankingTrack(rules.Stop, _plan.Step_um);
    }

    /// <summary>Empties the half-sets: the projections come anew.</summary>
    public void Begin(RampFilter filter, double centre_px)
    {
        foreach (int channel in _phases.Where(c => c != _totalChannel))
        {
            _halves[channel] = new HalfSlices(_plan, filter, centre_px);
        }
    }

    /// <summary>Takes a projection that went into the slice of a channel.</summary>
    public void Put(int channel, int rotation, ReadOnlySpan<float> projection) => _halves[channel]?.Put(rotation, projection);

    /// <summary>Moves the centre of rotation with that of the slices.</summary>
    public void SetCentre(double centre_px) => Array.ForEach(_halves, h => h?.SetCentre(centre_px));

    /// <summary>Forbids other zones, from the next placement on: the best place has to stand still anew, even where it stays.</summary>
    public void Forbid(ForbiddenZones zones)
    {
        _forbidden = zones;
        _search.Forbid(zones.Zones);
        _track.Restart("the forbidden zones were changed");
    }

    /// <summary>Places regions of interest in the slices of now. The best place of before stays the first unless another one is better beyond doubt.</summary>
    /// <param name="slices">Slices of the channels.</param>
    /// <param name="total">Half-sets of the channel that the caller has them of.</param>
    /// <param name="noise">Noise of the slice of that channel; null where it is not known.</param>
    /// <param name="coverage">How the projections cover the half circle; null before the first.</param>
    public RoiSuggestion Follow(IReadOnlyList<SliceMap> slices, HalfSlices total, SliceMap? noise, AngularCoverage? coverage)
    {
        RoiRanking ranking = _search.Rank(View(slices, total, noise, coverage), _track.Standing);
        _track.Update(ranking);
        return Suggestion(ranking);
    }

    /// <summary>The same for the last time, from the slices alone: what is saved must not show when the slices were looked at before.</summary>
    public RoiSuggestion Find(IReadOnlyList<SliceMap> slices, HalfSlices total, SliceMap? noise, AngularCoverage? coverage) =>
        Suggestion(_search.Rank(View(slices, total, noise, coverage)));

    // A list of its own each time: whoever shows the last one may still be at it.
    private RoiSuggestion Suggestion(RoiRanking ranking) => new(ranking.Candidates, ranking.Sentence)
    {
        Stop = _track.Advice,
        Curve = [.. _track.Curve],
        Forbidden = _forbidden,
    };

    private PlacementView View(IReadOnlyList<SliceMap> slices, HalfSlices total, SliceMap? noise, AngularCoverage? coverage) => new()
    {
        Phases = [.. _phases.Select(c => Phase(slices[c], _halves[c] ?? total))],
        Spottiness = _spottiness < 0 ? null : slices[_spottiness],
        Noise = _phases[0] == _totalChannel ? noise?.Values : null,
        Coverage = coverage,
    };

    private static PhaseMap Phase(SliceMap slice, HalfSlices halves)
    {
        if (halves.LeastProjectionCount == 0)
        {
            return new PhaseMap(slice);
        }

        float[] first = new float[slice.Values.Length];
        float[] second = new float[slice.Values.Length];
        halves.CopyTo(first, second);
        return new PhaseMap(slice, first, second);
    }
}
