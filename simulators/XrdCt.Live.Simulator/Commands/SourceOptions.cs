using System.CommandLine;
using XrdCt.Live.Model.Geometry;
using XrdCt.Live.Simulator.Sources;

namespace XrdCt.Live.Simulator.Commands;

/// <summary>Options that say where the frames come from.</summary>
internal sealed class SourceOptions
{
    private readonly PlanOptions _plan = new();

    private readonly Option<bool> _phantom = new("--phantom")
    {
        Description = "Frames of a scan of the simulated electrode (default); the options of 'scan' say which",
    };

    private readonly Option<string[]> _cbf = new("--cbf")
    {
        Description = "CBF files, or folders of them, in the order of their names",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string?> _hdf5 = new("--hdf5")
    {
        Description = "Stack of images in an HDF5 file: FILE or FILE::/PATH (/entry/data/data if not given)",
    };

    private readonly Option<string?> _recording = new("--recording")
    {
        Description = "A recording of xrdct record: the frames of its first series, packed anew (xrdct replay sends it byte for byte)",
    };

    public IEnumerable<Option> All => new Option[] { _phantom, _cbf, _hdf5, _recording }.Concat(_plan.All);

    public long Seed(ParseResult result) => _plan.Seed(result);

    public DetectorGeometry Geometry(ParseResult result) => _plan.Geometry(result);

    /// <exception cref="UsageException">More than one source is named.</exception>
    /// <exception cref="InvalidDataException">The files hold no frames.</exception>
    public FrameSourceLease Open(ParseResult result)
    {
        string[] cbf = result.GetValue(_cbf) ?? [];
        string? hdf5 = result.GetValue(_hdf5);
        string? recording = result.GetValue(_recording);
        int named = (result.GetValue(_phantom) ? 1 : 0) + (cbf.Length > 0 ? 1 : 0) + (hdf5 is null ? 0 : 1) + (recording is null ? 0 : 1);
        if (named > 1)
        {
            throw new UsageException("--phantom, --cbf, --hdf5 and --recording exclude each other: give one of them");
        }

        return new FrameSourceLease(
            cbf.Length > 0 ? new CbfSource(cbf)
            : hdf5 is not null ? new Hdf5Source(hdf5)
            : recording is not null ? new RecordingSource(recording)
            : new PhantomSource(_plan.Experiment(result)));
    }
}
