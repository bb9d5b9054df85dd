using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Roi;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Pipeline;

/// <summary>The slices of the live channels, grown from the projections that became stale. One thread only.</summary>
internal sealed class LiveReconstruction
{
    // One measured cell is no projection: its value would be held over the whole width.
    private const int LeastMeasured = 2;

    // The noise map costs a look at all variances: it is made this often in a scan, whenever axis or filter become others, and at its end.
    private const int NoiseMaps = 16;

    private ScanSettings _settings;
    private readonly ProgressiveSlice[] _slices;
    private readonly OutsideCorrection? _outside;
    private ConfidenceTrack _confidence;
    private int _noiseMaps;
    private readonly StageAlignment _stage;
    private readonly AxisAlignment _axis;
    private readonly SinogramCorrection _correction;
    private readonly float[] _projection;
    private readonly LivePlacement? _placement;
    private readonly TimeProvider _time;
    private string _positions = "";
    private VolumeRecipe? _recipe;
    private int _correctionNumber;
    private bool _isAnew;
    private bool _isOther;
    private bool _hasOtherZones;

    public LiveReconstruction(ScanSettings settings, TimeProvider? time = null, LiveRoi? roi = null)
    {
        _time = time ?? TimeProvider.System;
        _settings = settings;
        _stage = new StageAlignment(settings);
        ScanPlan plan = settings.Description.Plan;
        _axis = new AxisAlignment(plan, settings.CoarseAxis, settings.Axis_px);
        _correction = new SinogramCorrection(settings, _stage.Channel);
        _outside = roi is null ? null : new OutsideCorrection(roi, settings, _stage.Channel, Axis.AppliedOffset_px);
        _slices = [.. Enumerable.Range(0, settings.Description.Channels.Count).Select(c => new ProgressiveSlice(plan, settings.Filter, Centre_px, _outside?.ForChannel(c)))];
        _confidence = NewConfidence();
        _projection = new float[plan.TranslationCount];
        _placement = _outside is null ? new LivePlacement(settings, _stage.Channel) : null;
        _placement?.Begin(settings.Filter, Centre_px);
        Roi = new RoiSuggestion([], _placement is null ? "this is a scan of a region of interest: there is none to be placed" : "waiting for the first projections")
        {
            Forbidden = ForbiddenZones.None with { Zones = _placement is null ? [] : settings.Placement.Forbidden },
        };
    }

    public int ProjectionCount => _slices[0].ProjectionCount;

    public double LargestGap_deg => _slices[0].LargestGap_deg;

    /// <summary>What the data say of the stage.</summary>
    public StageFindings Stage => _stage.Findings;

    /// <summary>Where the data have the rotation axis.</summary>
    public AxisFindings Axis => _axis.Findings;

    /// <summary>Offset of the rotation axis about which slices are made, steps.</summary>
    public double Centre_px => _outside?.Centre_px ?? Axis.AppliedOffset_px;

    /// <summary>The same where nobody sets another.</summary>
    public double CentreFromData_px => _outside?.Centre_px ?? _axis.FollowedOffset_px;

    /// <summary>How the slices were freed from what lies outside the field of view; null for a scan of the whole sample.</summary>
    public RoiFindings? Outside => _outside?.Findings;

    /// <summary>How far the slice of the total can be trusted; null before the first projection.</summary>
    public SliceConfidence? Confidence { get; private set; }

    /// <summary>Its noise, σ of each pixel, as of the last look at all variances; null before the first, and where these are not known.</summary>
    public SliceMap? Noise { get; private set; }

    /// <summary>How it converged while the scan ran.</summary>
    public IReadOnlyList<ConvergencePoint> Convergence { get; private set; } = [];

    /// <summary>The corrected sinogram; null before <see cref="Complete"/>.</summary>
    public ICorrectedSinogram? Corrected => _correction.Corrected;

    /// <summary>Of what the slices of every bin are to be made; null before the first <see cref="Update"/>.</summary>
    public VolumeRecipe? Recipe => _recipe;

    /// <summary>What is out of the ordinary with positions, stage, axis and corrections, as sentences; empty where nothing is.</summary>
    public string Remark => string.Join(
        "; ", new[] { _positions, _stage.Findings.Sentence, _axis.Sentence, _correction.Sentence, _outside?.Sentence ?? "" }.Where(s => s.Length > 0));

    /// <summary>Where region-of-interest scans could go; nowhere in such a scan itself.</summary>
    public RoiSuggestion Roi { get; private set; }

    /// <summary>Takes other settings: the next <see cref="Update"/> or <see cref="Complete"/> makes the slices anew with them.</summary>
    public void Use(ReconstructionSettings settings)
    {
        _isOther |= settings.Filter != _settings.Filter;
        _settings = settings.Over(_settings);
        _axis.Set(settings.Axis_px);
        _correction.Use(_settings);
        _outside?.Use(_settings);
    }

    /// <summary>Forbids other zones: the next <see cref="Update"/> or <see cref="Complete"/> places regions of interest by them.</summary>
    public void Forbid(ForbiddenZones zones)
    {
        if (_placement is not null)
        {
            _placement.Forbid(zones);
            _hasOtherZones = true;
            Roi = Roi with { Forbidden = zones };
        }
    }

    /// <summary>Brings the slices up to date.</summary>
    /// <returns>False when nothing had changed.</returns>
    public bool Update(ScanAssembly assembly)
    {
        int lines = assembly.ClosedLines;
        if (_stage.Update(assembly, lines))
        {
            _positions = assembly.PositionRemark();
            _axis.Update(assembly.Plan, _stage.Aligned(assembly, _stage.Channel), (double)lines / assembly.Plan.LineCount);
        }

        // Before the corrections are looked for: what comes meanwhile is the next recipe's.
        (bool[] Usable, long[] Versions) standing = assembly.Standing();
        _correction.Update(assembly);
        ScanPlan plan = _settings.Description.Plan;
        double coverage = (double)lines / plan.LineCount;
        bool isElsewhere = _outside is not null && _outside.Update(assembly.Plan, () => Registered(assembly), Axis.AppliedOffset_px, coverage);
        if (isElsewhere || _isOther)
        {
            MakeAnew();
            assembly.MakeStale();
        }

        int[] stale = assembly.TakeStale();
        for (int channel = 0; stale.Length > 0 && channel < _slices.Length; channel++)
        {
            float[] sinogram = Projections(assembly, channel);
            foreach (int rotation in stale.Where(r => r < plan.ReconstructedRotationCount))
            {
                if (ProjectionGaps.Bridge(sinogram.AsSpan(rotation * plan.TranslationCount, plan.TranslationCount), _projection) >= LeastMeasured)
                {
                    _slices[channel].Put(rotation, _projection);
                    _placement?.Put(channel, rotation, _projection);
                    if (channel == _stage.Channel)
                    {
                        _confidence.Put(rotation, _projection);
                    }
                }
            }
        }

        bool moves = _slices[0].Centre_px != Centre_px;
        if (moves)
        {
            Array.ForEach(_slices, s => s.SetCentre(Centre_px));
            _confidence.SetCentre(Centre_px);
            _placement?.SetCentre(Centre_px);
            _noiseMaps = 0;
        }

        if ((stale.Length > 0 || moves) && ProjectionCount > 0)
        {
            if ((int)(coverage * NoiseMaps) > _noiseMaps)
            {
                _noiseMaps = (int)(coverage * NoiseMaps);
                Noise = NoiseNow(assembly);
            }

            Confidence = _confidence.Assess(Slice(_stage.Channel).Values, Noise?.Values);
            if (_confidence.Curve is [.., var newest] && (Convergence.Count == 0 || newest.Fraction > Convergence[^1].Fraction))
            {
                // A list of its own each time: whoever shows the last one may still be at it.
                Convergence = [.. Convergence, newest];
            }
        }

        if ((stale.Length > 0 || moves || _hasOtherZones) && _placement is not null)
        {
            _hasOtherZones = false;
            Roi = _placement.Follow(Slices(), _confidence.Halves, Noise, Confidence?.Coverage);
        }

        Write(assembly, standing);
        return stale.Length > 0 || moves;
    }

    /// <summary>
    /// Makes the slices anew from all that was measured, in the order of the rotations: what is saved must not show in which order the
    /// projections came, not even in its last bit.
    /// </summary>
    public void Complete(ScanAssembly assembly)
    {
        _stage.Complete(assembly);
        _positions = assembly.PositionRemark();
        _axis.Complete(assembly.Plan, _stage.Aligned(assembly, _stage.Channel));
        _correction.Complete(assembly);
        ScanPlan plan = _settings.Description.Plan;
        _isAnew |= _isOther;
        _isOther = false;
        if (_outside is not null)
        {
            _outside.Complete(assembly.Plan, Registered(assembly), Axis.AppliedOffset_px);
            _isAnew = true;
        }

        _confidence = NewConfidence();
        _placement?.Begin(_settings.Filter, Centre_px);
        bool[] present = new bool[plan.RotationCount];
        for (int channel = 0; channel < _slices.Length; channel++)
        {
            float[] sinogram = Projections(assembly, channel);
            for (int rotation = 0; rotation < plan.RotationCount; rotation++)
            {
                Span<float> projection = sinogram.AsSpan(rotation * plan.TranslationCount, plan.TranslationCount);
                present[rotation] = ProjectionGaps.Bridge(projection, _projection) >= LeastMeasured;
                _projection.CopyTo(projection);
                if (present[rotation] && rotation < plan.ReconstructedRotationCount)
                {
                    _placement?.Put(channel, rotation, projection);
                    if (channel == _stage.Channel)
                    {
                        _confidence.Put(rotation, projection);
                    }
                }
            }

            _slices[channel] = ProgressiveSlice.Batch(plan, _settings.Filter, sinogram, present, Centre_px, _outside?.ForChannel(channel));
        }

        if (ProjectionCount > 0)
        {
            Noise = NoiseNow(assembly);
            Confidence = _confidence.Assess(Slice(_stage.Channel).Values, Noise?.Values);
            Roi = _placement?.Find(Slices(), _confidence.Halves, Noise, Confidence.Coverage) ?? Roi;
        }

        Write(assembly, assembly.Standing());
    }

    private void Write(ScanAssembly assembly, (bool[] Usable, long[] Versions) standing)
    {
        VolumeRecipe recipe = new()
        {
            Number = 0,
            Timestamp = _time.GetTimestamp(),
            Plan = assembly.Plan,
            Usable = standing.Usable,
            Versions = standing.Versions,
            Corrections = _correction.Found,
            Regridding = assembly.Regridding,
            Shift_px = Stage.AppliedShift_px,
            Centre_px = Centre_px,
            Filter = _settings.Filter,
            Filters = _outside?.ForBlocks(),
        };

        bool isAnew = _recipe is not null
            && (recipe.Plan != _recipe.Plan || recipe.Shift_px != _recipe.Shift_px || _correction.Number != _correctionNumber || _isAnew);
        _isAnew = false;
        _correctionNumber = _correction.Number;
        _recipe = recipe with { Number = (_recipe?.Number ?? 0) + (isAnew ? 1 : 0) };
    }

    // Through other filters: nothing of what is in can stay.
    private void MakeAnew()
    {
        ScanPlan plan = _settings.Description.Plan;
        for (int channel = 0; channel < _slices.Length; channel++)
        {
            _slices[channel] = new ProgressiveSlice(plan, _settings.Filter, Centre_px, _outside?.ForChannel(channel));
        }

        _confidence = NewConfidence();
        _placement?.Begin(_settings.Filter, Centre_px);
        _noiseMaps = 0;
        _isAnew = true;
        _isOther = false;
    }

    private ConfidenceTrack NewConfidence() => new(_settings.Description.Plan, _settings.Filter, Centre_px, _outside?.ForChannel(_stage.Channel));

    // Of the total, which is a sum over bins.
    private SliceMap? NoiseNow(ScanAssembly assembly)
    {
        ScanPlan plan = _settings.Description.Plan;
        LiveChannel total = _settings.Description.Channels[_stage.Channel];
        NoiseMap? map = _outside is null ? new NoiseMap(plan.TranslationCount, _settings.Filter, Centre_px) : _outside.Noise(Centre_px);
        if (map is null || total.Kind != LiveChannelKind.Total || assembly.TotalVariance(_stage.Channel) is not { } variance)
        {
            return null;
        }

        variance = _correction.Found?.VarianceOf(assembly.SinogramOf(_stage.Channel).Values, variance) ?? variance;
        if (Stage.AppliedShift_px != 0)
        {
            map = map.WithLinesMoved(assembly.Plan, Stage.AppliedShift_px, variance);
        }

        double[] angles_rad = [.. Enumerable.Range(0, plan.ReconstructedRotationCount).Select(r => plan.Angle_deg(r) * (Math.PI / 180))];
        float[] sigma = new float[plan.TranslationCount * plan.TranslationCount];
        map.Compute(angles_rad, variance.AsSpan(0, angles_rad.Length * plan.TranslationCount), sigma);
        return new SliceMap(SliceMap.NoiseOf(total.Name), plan.TranslationCount, plan.Step_um, sigma, ProjectionCount);
    }

    // Corrections belong to the cells as they were measured, so they come before lines are moved.
    private float[] Projections(ScanAssembly assembly, int channel)
    {
        float[] sinogram = _correction.Of(assembly, channel);
        if (Stage.AppliedShift_px != 0)
        {
            LineAlignment.Align(assembly.Plan, sinogram, Stage.AppliedShift_px);
        }

        return sinogram;
    }

    // By what the scan is registered with its coarse scan: the total, or the sum of the bins that both have.
    private float[] Registered(ScanAssembly assembly)
    {
        if (_outside!.CommonBins is not { } bins || assembly.SumOf(bins) is not { } sums)
        {
            return Projections(assembly, _stage.Channel);
        }

        float[] corrected = _correction.Found?.Apply(sums, hasAir: true) ?? sums;
        if (Stage.AppliedShift_px != 0)
        {
            LineAlignment.Align(assembly.Plan, corrected, Stage.AppliedShift_px);
        }

        return corrected;
    }

    public IReadOnlyList<SliceMap> Slices() => [.. Enumerable.Range(0, _slices.Length).Select(Slice)];

    private SliceMap Slice(int channel) => _slices[channel].ToMap(_settings.Description.Channels[channel].Name);
}
