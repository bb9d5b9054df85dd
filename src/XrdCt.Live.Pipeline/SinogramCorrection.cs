using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;

namespace XrdCt.Live.Pipeline;

/// <summary>
/// Follows what the corrections find in a growing sinogram, and applies it to the maps that slices are made of. What is saved rests on the
/// patterns themselves. One thread only.
/// </summary>
internal sealed class SinogramCorrection
{
    // Slices need not be made anew for less.
    private const double LeastChange = 0.01;

    private ScanSettings _settings;
    private readonly bool _isByCell;
    private readonly int _total;
    private readonly bool _hasTotal;
    private readonly int? _spottiness;
    private Corrections? _found;
    private Corrections? _applied;

    public SinogramCorrection(ScanSettings settings, int total)
    {
        _settings = settings;
        _total = total;
        _hasTotal = settings.Description.Channels[total].Kind == LiveChannelKind.Total;

        // Where positions decide, a cell is a mixture of frames, whose transmissions and lines are not those of cells.
        _isByCell = settings.Description.Plan.Path.Order != ScanOrder.Positions;
        int spottiness = settings.Description.Channels.ToList().FindIndex(c => c.Kind == LiveChannelKind.Spottiness);
        _spottiness = spottiness < 0 ? null : spottiness;
    }

    /// <summary>What is out of the ordinary, as a sentence; empty where nothing is.</summary>
    public string Sentence => _found?.Findings.Sentence ?? "";

    /// <summary>The corrected sinogram; null before <see cref="Complete"/>, and where recorded positions decide.</summary>
    public CorrectedSinogram? Corrected { get; private set; }

    /// <summary>What was found last in the live channels; null where they are not corrected.</summary>
    public Corrections? Found => _found;

    /// <summary>A number that grows when what is found changes so much that slices are made anew.</summary>
    public int Number { get; private set; }

    /// <summary>Takes other settings, for the next look.</summary>
    public void Use(ScanSettings settings) => _settings = settings;

    /// <summary>Looks at the live channels. All projections are stale where what is found has changed too much.</summary>
    public void Update(ScanAssembly assembly)
    {
        // Another channel than the total would tell another story than the patterns do in the end.
        if (!_isByCell || !_hasTotal)
        {
            return;
        }

        CellMaps maps = assembly.Maps(_total, _spottiness);
        _found = Corrections.Find(maps, _settings.Corrections);
        if (_applied is null || Differ(_applied, _found, maps.Total))
        {
            _applied = _found;
            Number++;
            assembly.MakeStale();
        }
    }

    /// <summary>Looks at all that was measured, whatever was seen before.</summary>
    public void Complete(ScanAssembly assembly)
    {
        if (!_isByCell)
        {
            return;
        }

        CellMaps maps = assembly.Maps(_total, _spottiness);
        Corrected = CorrectedSinogram.Of(
            assembly.Sinogram, assembly.Unmatched, maps.Monitor, maps.Transmission, maps.Spottiness, _settings.Corrections);
        _found = Corrected.Corrections;
        Number++;
    }

    /// <summary>A channel's sinogram, corrected. A difference of two means has no air in it.</summary>
    public float[] Of(ScanAssembly assembly, int channel)
    {
        float[] sinogram = assembly.SinogramOf(channel).Values;
        return _found?.Apply(sinogram, hasAir: _settings.Description.Channels[channel].Kind != LiveChannelKind.Spottiness) ?? sinogram;
    }

    private static bool Differ(Corrections before, Corrections now, ReadOnlySpan<float> total)
    {
        if (before.TakesAirOff != now.TakesAirOff
            || !before.Findings.DeadLines.SequenceEqual(now.Findings.DeadLines)
            || !before.Findings.HotLines.SequenceEqual(now.Findings.HotLines)
            || !now.ReplacesLike(before)
            || IsOther(before.AirOf(total), now.AirOf(total)))
        {
            return true;
        }

        for (int i = 0; i < total.Length; i++)
        {
            if (!before.Findings.Flags[i].HasFlag(CellFlags.Unmeasured) && IsOther(before.Factors[i], now.Factors[i]))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsOther(double before, double now) => Math.Abs(now - before) > LeastChange * Math.Abs(before);
}
