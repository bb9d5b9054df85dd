using System.Globalization;
using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Compute.Roi;
using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Roi;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Pipeline;

/// <summary>
/// Follows where the rays of a scan of a region of interest lie in the coarse scan before it, and has the filters that take out what lies outside its field
/// of view. One thread only, but for the filters that it hands out.
/// </summary>
internal sealed class OutsideCorrection
{
    // A registration costs up to a second: it is asked eleven times in a scan, and at its end.
    private const int Looks = 8;
    private const int EarlyLooks = 3;
    private const double FirstLook = 1.0 / 64;

    private readonly LiveRoi _roi;
    private ScanSettings _settings;
    private readonly ChannelExtractor _extractor;
    private readonly int _total;
    private int _looked;
    private (Func<int, RowFilter> Made, RoiAlignment Alignment, RampFilter Filter)? _forBlocks;

    public OutsideCorrection(LiveRoi roi, ScanSettings settings, int total, double centre_px)
    {
        (_roi, _settings, _total) = (roi, settings, total);
        _extractor = new ChannelExtractor(settings.Description.Axis, settings.Description.Channels);
        Alignment = new RoiAlignment { X_um = roi.Nominal.X_um, Y_um = roi.Nominal.Y_um, Centre_px = centre_px, Angle_rad = roi.Nominal.Angle_rad };
        CommonBins = roi.Coarse is { } coarse && coarse.Bins.Contains(false) ? coarse.Bins : null;
    }

    /// <summary>Which bins both scans have, by whose sum they are registered; null where these are all, and the total channel serves.</summary>
    public IReadOnlyList<bool>? CommonBins { get; }

    /// <summary>Where the rays lie; nominal until the data say it.</summary>
    public RoiAlignment Alignment { get; private set; }

    /// <summary>Offset of the rotation axis for which the filters are made, steps; null where nothing but the scan itself says it.</summary>
    public double? Centre_px => _roi.Coarse is null ? null : Alignment.Centre_px;

    /// <summary>What was done.</summary>
    public RoiFindings Findings => new(_roi.Mode, _roi.Origin, _roi.Coarse is null ? null : Alignment, _roi.Coarse?.HasAir ?? false);

    /// <summary>What an operator should know, as a sentence; empty where nothing is.</summary>
    public string Sentence => _roi.Coarse is null ? "what lies outside the field of view is guessed from its rim: levels are not to be trusted"
        : _looked == 0 ? "the scan is not yet brought to the scale of the coarse one"
        : Alignment.IsFitted ? string.Create(
            CultureInfo.InvariantCulture,
            $"the ROI lies at ({Alignment.X_um:F1}, {Alignment.Y_um:F1}) µm of the coarse slice, {Alignment.Scale:F3} times its intensity; overlap residual {100 * Alignment.OverlapResidual:F1} %")
        : $"the ROI stays at its nominal place in the coarse scan: {Alignment.Status}";

    /// <summary>Looks at a growing sinogram.</summary>
    /// <param name="plan">The plan by which its cells are filled.</param>
    /// <param name="total">The channel that the registration looks at, [rotation, translation]; NaN where unmeasured.</param>
    /// <param name="centre_px">Nominal rotation axis, steps.</param>
    /// <param name="coverage">Share of the lines that are there, 0 to 1.</param>
    /// <returns>Whether the filters are others now.</returns>
    public bool Update(ScanPlan plan, Func<float[]> total, double centre_px, double coverage)
    {
        // The scale is wanted as soon as there is something to see: at 1/64, 1/32 and 1/16, then at every eighth.
        int due = coverage >= 1.0 / Looks ? EarlyLooks + (int)(coverage * Looks)
            : coverage >= FirstLook ? 1 + (int)Math.Log2(coverage / FirstLook)
            : 0;
        if (_roi.Coarse is null || due <= _looked)
        {
            return false;
        }

        _looked = due;
        Look(plan, total(), centre_px);
        return true;
    }

    /// <summary>Looks at all that was measured, whatever was seen before.</summary>
    public void Complete(ScanPlan plan, ReadOnlySpan<float> total, double centre_px)
    {
        _looked = EarlyLooks + Looks;
        if (_roi.Coarse is not null)
        {
            Look(plan, total, centre_px);
        }
    }

    /// <summary>Takes other settings, for the filters that are asked for from now on.</summary>
    public void Use(ScanSettings settings) => _settings = settings;

    /// <summary>The filter of a live channel.</summary>
    public RowFilter ForChannel(int channel)
    {
        ScanPlan plan = _settings.Description.Plan;

        // A spot belongs to a frame: the coarse scan's say nothing of this one's.
        bool isGuessed = _roi.Coarse is null || _settings.Description.Channels[channel].Kind == LiveChannelKind.Spottiness;
        return isGuessed
            ? new RoiExtension(plan.TranslationCount, _settings.Filter, fade_px: 3 * plan.TranslationCount).Apply
            : _roi.Coarse!.ForChannel(ValueOf(channel), _roi.Mode, Alignment, plan.TranslationCount, plan.Step_um, _settings.Filter);
    }

    /// <summary>The filters of blocks of bins, as the rays lie now; for another thread. The same object as long as they are the same filters.</summary>
    public Func<int, RowFilter> ForBlocks()
    {
        (ScanPlan plan, RoiAlignment alignment, RampFilter filter) = (_settings.Description.Plan, Alignment, _settings.Filter);
        if (_forBlocks is var (made, ofAlignment, ofFilter) && ofAlignment == alignment && ofFilter == filter)
        {
            return made;
        }

        Func<int, RowFilter> filters = _roi.Coarse is { } coarse
            ? block => coarse.ForBlock(block, _roi.Mode, alignment, plan.TranslationCount, plan.Step_um, filter)
            : _ => new RoiExtension(plan.TranslationCount, filter, fade_px: 3 * plan.TranslationCount, width: BinBlock.Width).Apply;
        _forBlocks = (filters, alignment, filter);
        return filters;
    }

    /// <summary>The noise of the slice of the total, as the rays lie now; null where that of the coarse scan is not known.</summary>
    /// <param name="centre_px">Rotation axis, steps.</param>
    public NoiseMap? Noise(double centre_px)
    {
        ScanPlan plan = _settings.Description.Plan;
        return _roi.Coarse is { } coarse
            ? coarse.Noise(Alignment, plan.TranslationCount, plan.Step_um, _settings.Filter)
            : new RoiExtension(plan.TranslationCount, _settings.Filter, fade_px: 3 * plan.TranslationCount).Noise(centre_px);
    }

    private void Look(ScanPlan plan, ReadOnlySpan<float> total, double centre_px)
    {
        ReadOnlySpan<float> reconstructed = total[..(plan.ReconstructedRotationCount * plan.TranslationCount)];
        RoiAlignment found = _roi.Coarse!.Align(ScanRays.Of(plan, centre_px), reconstructed, _roi.Nominal, CommonBins is null ? ValueOf(_total) : Sum);

        // An axis outside the middle half is found by nobody, and a slice about it would be empty.
        Alignment = Math.Abs(found.Centre_px) <= plan.TranslationCount / 4.0
            ? found
            : new RoiAlignment
            {
                X_um = _roi.Nominal.X_um,
                Y_um = _roi.Nominal.Y_um,
                Centre_px = centre_px,
                Angle_rad = _roi.Nominal.Angle_rad,
                Scale = found.Scale,
                OverlapResidual = found.OverlapResidual,
                Status = string.Create(CultureInfo.InvariantCulture, $"the rotation axis was found {found.Centre_px:F1} steps from the middle, which cannot be"),
            };
    }

    // The coarse scan has no values of the others.
    private static float Sum(float[] pattern)
    {
        double sum = 0;
        bool isAny = false;
        foreach (float value in pattern)
        {
            if (!float.IsNaN(value))
            {
                sum += value;
                isAny = true;
            }
        }

        return isAny ? (float)sum : float.NaN;
    }

    private Func<float[], float> ValueOf(int channel)
    {
        float[] values = new float[_settings.Description.Channels.Count];
        return pattern =>
        {
            _extractor.Extract(pattern, pattern, values);
            return values[channel];
        };
    }
}
