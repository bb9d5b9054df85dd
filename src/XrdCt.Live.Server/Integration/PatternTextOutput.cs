using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Storage;

namespace XrdCt.Live.Server.Integration;

/// <summary>A text file per frame: <c>.xy</c> or <c>.csv</c>. A frame that failed has none.</summary>
internal sealed class PatternTextOutput : IPatternOutput
{
    private readonly RadialAxis _axis;
    private readonly FrameSequence _frames;
    private readonly IReadOnlyList<string> _settings;
    private readonly BeamMonitor? _monitor;
    private readonly bool _isCsv;
    private readonly bool _overwrite;
    private readonly string[] _paths;
    private readonly List<string> _written = [];

    /// <summary>Refuses what stands in the way, before any work is done.</summary>
    /// <param name="pathOf">File of each frame.</param>
    /// <param name="axis">Radial axis.</param>
    /// <param name="frames">The frames.</param>
    /// <param name="monitor">Beam monitor; null for none.</param>
    /// <param name="settings">How the patterns are made.</param>
    /// <param name="isCsv">CSV, not two columns.</param>
    /// <param name="overwrite">Whether files that exist are replaced.</param>
    /// <exception cref="UserException">A file exists and must not be replaced, or two frames would have the same.</exception>
    public PatternTextOutput(
        Func<int, string> pathOf,
        RadialAxis axis,
        FrameSequence frames,
        BeamMonitor? monitor,
        IReadOnlyList<string> settings,
        bool isCsv,
        bool overwrite)
    {
        (_axis, _frames, _monitor, _settings, _isCsv, _overwrite) = (axis, frames, monitor, settings, isCsv, overwrite);
        _paths = [.. Enumerable.Range(0, frames.Count).Select(pathOf)];
        var taken = new Dictionary<string, int>();
        for (int i = 0; i < _paths.Length; i++)
        {
            if (!taken.TryAdd(_paths[i], i))
            {
                throw UserException.WrongUse(
                    $"{frames.NameOf(taken[_paths[i]])} and {frames.NameOf(i)} would both be written to {_paths[i]}: take --format h5, or one folder at a time");
            }

            if (!overwrite && File.Exists(_paths[i]))
            {
                throw new UserException($"{_paths[i]} exists: choose another --output, or --overwrite");
            }
        }
    }

    /// <inheritdoc/>
    public void Write(FrameSlot slot)
    {
        if (slot.Failure is not null)
        {
            return;
        }

        string path = _paths[slot.Index];
        string source = _frames.NameOf(slot.Index);
        IReadOnlyList<string> settings = _monitor is null ? _settings : [.. _settings, $"monitor of this frame: {_monitor.Values[slot.Index]:R}"];
        IntegratedPattern pattern = IntegratedPattern.From(slot.Pattern, _axis, source, settings);
        if (_isCsv)
        {
            PatternFile.WriteCsv(path, pattern, _overwrite);
        }
        else
        {
            PatternFile.WriteXy(path, pattern, _overwrite);
        }

        _written.Add(path);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Finish() => _written;

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
