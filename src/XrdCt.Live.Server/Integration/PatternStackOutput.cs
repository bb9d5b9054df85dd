using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Server.Configuration;
using XrdCt.Live.Storage;

namespace XrdCt.Live.Server.Integration;

/// <summary>One NeXus HDF5 file for all frames; those that failed, or were not reached, are NaN in it.</summary>
internal sealed class PatternStackOutput : IPatternOutput
{
    private readonly PatternStackWriter _writer;
    private readonly string _path;
    private bool _hasAny;

    public PatternStackOutput(
        string path, IntegrationPlan plan, FrameSequence frames, BeamMonitor? monitor, IReadOnlyList<string> settings, bool overwrite)
    {
        _path = path;
        if (!overwrite && File.Exists(path))
        {
            throw new UserException($"{path} exists: choose another --output, or --overwrite");
        }

        _writer = new PatternStackWriter(
            path,
            new PatternStackLayout
            {
                Axis = plan.Axis,
                AzimuthAxis = plan.AzimuthAxis,
                Sources = [.. Enumerable.Range(0, frames.Count).Select(frames.NameOf)],
                Monitors = monitor?.Values,
                Settings = settings,
                Program = SetUp.Program,
            },
            overwrite);
    }

    /// <inheritdoc/>
    public void Write(FrameSlot slot)
    {
        if (slot.Failure is null)
        {
            _writer.Write(slot.Pattern);
            _hasAny = true;
        }
        else
        {
            _writer.WriteMissing();
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Finish()
    {
        if (!_hasAny)
        {
            return [];
        }

        _writer.Finish();
        return [_path];
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();
}
