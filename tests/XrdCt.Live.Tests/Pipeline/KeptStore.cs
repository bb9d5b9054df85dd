using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Tests.Pipeline;

/// <summary>A store that keeps the scan in memory, or fails as asked.</summary>
internal sealed class KeptStore(Exception? failure = null) : IScanStore
{
    public ScanRecord? Scan { get; private set; }

    public string Save(ScanRecord scan)
    {
        Scan = scan;
        return failure is null ? "/results/small.nxs" : throw failure;
    }
}
