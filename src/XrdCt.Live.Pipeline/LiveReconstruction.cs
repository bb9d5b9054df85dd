using XrdCt.Live.Compute.Guidance;
using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Pipeline;

/// <summary>The slices of the live channels, grown from the projections that became stale. One thread only.</summary>
internal sealed class LiveReconstruction
{
    private readonly LiveOptions _options;
    private readonly ProgressiveSlice[] _slices;
    private readonly float[] _projection;
    private readonly int _roiChannel;

    public LiveReconstruction(LiveOptions options)
    {
        _options = options;
        _slices = [.. options.Channels.Select(_ => new ProgressiveSlice(options.Plan, options.Filter))];
        _projection = new float[options.Plan.TranslationCount];
        _roiChannel = options.Channels.Select(c => c.Name).ToList().IndexOf(options.RoiChannel);
    }

    public int ProjectionCount => _slices[0].ProjectionCount;

    public double LargestGap_deg => _slices[0].LargestGap_deg;

    public RoiSuggestion Roi { get; private set; } = new([], "waiting for the first projections");

    /// <summary>Brings the slices up to date.</summary>
    /// <returns>False when nothing had changed.</returns>
    public bool Update(ScanAssembly assembly)
    {
        int[] stale = assembly.TakeStale();
        foreach (int rotation in stale.Where(r => r < _options.Plan.ReconstructedRotationCount))
        {
            for (int channel = 0; channel < _slices.Length; channel++)
            {
                // One measured cell is no projection: its value would be held over the whole width.
                if (assembly.Projection(channel, rotation, _projection) >= 2)
                {
                    _slices[channel].Put(rotation, _projection);
                }
            }
        }

        if (stale.Length > 0)
        {
            Roi = RoiFinder.Find(Slice(_roiChannel), _options.RoiRadius_um);
        }

        return stale.Length > 0;
    }

    public IReadOnlyList<SliceMap> Slices() => [.. Enumerable.Range(0, _slices.Length).Select(Slice)];

    private SliceMap Slice(int channel) => _slices[channel].ToMap(_options.Channels[channel].Name);
}
