using System.Runtime.InteropServices;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Tests.Pipeline;

/// <summary>A growing file in memory, which fails as asked.</summary>
/// <param name="failure">What the nth write (from 0) fails with; null where it succeeds.</param>
internal sealed class KeptGrowingFile(Func<int, Exception?>? failure = null) : IGrowingFile
{
    private int _writes;
    private int _seen;
    private int _removals;

    public string? Path { get; private set; }

    public ScanRecord? Scan { get; private set; }

    /// <summary>Bits of the newest of each cell.</summary>
    public Dictionary<ScanCell, (bool IsMeasured, int[] Intensity, float Monitor)> Cells { get; } = [];

    /// <summary>Cells with a pattern; from any thread.</summary>
    public int Seen => Volatile.Read(ref _seen);

    /// <summary>How often it was removed; from any thread.</summary>
    public int Removals => Volatile.Read(ref _removals);

    public bool Show(ScanRecord scan, CancellationToken cancel)
    {
        bool isNew = Path is null || scan.Sinogram.Plan.Path != Scan!.Description.Plan.Path;
        if (isNew)
        {
            cancel.ThrowIfCancellationRequested();
            Cells.Clear();
        }

        Scan = scan with { Description = scan.Description with { Plan = scan.Sinogram.Plan } };
        Path = "/results/small.growing.nxs";
        return isNew;
    }

    public void Write(PlacedCell cell)
    {
        if (failure?.Invoke(_writes++) is Exception e)
        {
            throw e;
        }

        Cells[cell.Cell] = (cell.IsMeasured, MemoryMarshal.Cast<float, int>(cell.Intensity).ToArray(), cell.Monitor);
        Volatile.Write(ref _seen, Cells.Values.Count(c => c.IsMeasured));
    }

    public void Remove()
    {
        Path = null;
        Interlocked.Increment(ref _removals);
    }

    public void Dispose()
    {
    }
}
