using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Slices;

namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>
/// Filtered back projection of all bins of a scan, block by block, on several cores: what <see cref="ProgressiveSlice.Batch(ScanPlan, RampFilter, ReadOnlySpan{float}, double)"/>
/// is for one bin. A block is handed out when it is done, so that a volume can be written that memory does not hold. Immutable, thread-safe.
/// </summary>
public sealed class VolumeReconstruction
{
    private readonly ScanPlan _plan;
    private readonly ProjectionFilter _ramp;
    private readonly double _centre_px;

    /// <summary>Makes filter and back-projector.</summary>
    /// <param name="plan">Scan plan; gives the angles and the samples of a projection.</param>
    /// <param name="filter">Apodisation of the ramp.</param>
    /// <param name="centre_px">Centre of rotation c: the axis is at translation index TranslationCount/2 + c (integer division).</param>
    /// <exception cref="ArgumentOutOfRangeException">The axis is outside the projections.</exception>
    public VolumeReconstruction(ScanPlan plan, RampFilter filter, double centre_px = 0)
    {
        ArgumentNullException.ThrowIfNull(plan);
        _plan = plan;
        _ramp = new ProjectionFilter(plan.TranslationCount, filter);
        _centre_px = centre_px;
        BackProjector = new BlockBackProjector(plan.TranslationCount, centre_px);
    }

    /// <summary>Receives the slices of a block.</summary>
    /// <param name="block">Number of the block: its first bin is <c>block · <see cref="BinBlock.Width"/></c>.</param>
    /// <param name="slices">
    /// [y, x, <see cref="BinBlock.Width"/>], valid until the return; 0 outside the circle that all projections see, and in the padding of the
    /// last block.
    /// </param>
    public delegate void BlockReceiver(int block, ReadOnlySpan<float> slices);

    /// <summary>The back-projector, which knows the circle.</summary>
    public BlockBackProjector BackProjector { get; }

    /// <summary>
    /// Reconstructs all bins. Each thread takes 4 · <see cref="BinBlock.Width"/> bytes × (N² + N · (rotations + 3)), 32 MB for 251 × 250.
    /// </summary>
    /// <param name="values">
    /// [rotation, translation, bin] of the whole plan, bins fastest (<see cref="Model.Sinograms.SinogramStack.Values"/>). A NaN makes the slice of
    /// its bin NaN, and no other: cells that were not measured are bridged before (<see cref="Sinograms.ProjectionGaps"/>).
    /// </param>
    /// <param name="binCount">Radial bins.</param>
    /// <param name="present">Which rotations take part; empty for all. One that only repeats the first (<see cref="ScanPlan.IncludesEnd"/>) never does.</param>
    /// <param name="threads">Threads at work, at least 1.</param>
    /// <param name="receive">Is called once per block, in no particular order, by one thread at a time.</param>
    /// <param name="stop">Asks for the end, which comes with the blocks in work.</param>
    /// <exception cref="ArgumentException">The lengths do not belong together.</exception>
    /// <exception cref="OperationCanceledException">Asked to stop; the blocks handed out are whole.</exception>
    /// <exception cref="AggregateException">The receiver failed; no more blocks were handed out.</exception>
    public void Run(
        ReadOnlyMemory<float> values, int binCount, ReadOnlySpan<bool> present, int threads, BlockReceiver receive, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(receive);
        ArgumentOutOfRangeException.ThrowIfLessThan(binCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        if (values.Length != (long)_plan.CellCount * binCount || (!present.IsEmpty && present.Length != _plan.RotationCount))
        {
            throw new ArgumentException(
                $"a scan of {_plan.RotationCount} × {_plan.TranslationCount} cells and {binCount} bins does not have {values.Length} values and {present.Length} rotations");
        }

        int[] rotations = Taken(present);
        int length = _plan.TranslationCount * binCount;
        int blocks = BinBlock.Count(binCount);
        int next = -1;
        var handover = new Lock();
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = stop };
        Parallel.For(0, Math.Min(threads, blocks), options, (_, state) =>
        {
            Memory<float> projection = BinBlock.Allocate((long)_plan.TranslationCount * BinBlock.Width);
            Memory<float> slices = BinBlock.Allocate(BackProjector.SlicesLength);
            using BlockFbp fbp = new(_ramp, rotations.Length, _centre_px);
            for (int block = Interlocked.Increment(ref next); block < blocks && !state.ShouldExitCurrentIteration; block = Interlocked.Increment(ref next))
            {
                stop.ThrowIfCancellationRequested();
                fbp.Clear();
                foreach (int rotation in rotations)
                {
                    BinBlock.Copy(values.Span.Slice(rotation * length, length), binCount, block, projection.Span);
                    fbp.Put(_plan.Angle_deg(rotation) * (Math.PI / 180), projection.Span);
                }

                fbp.Make(slices.Span);
                lock (handover)
                {
                    if (!state.ShouldExitCurrentIteration)
                    {
                        receive(block, slices.Span);
                    }
                }
            }
        });
    }

    private int[] Taken(ReadOnlySpan<bool> present)
    {
        List<int> taken = [];
        for (int rotation = 0; rotation < _plan.ReconstructedRotationCount; rotation++)
        {
            if (present.IsEmpty || present[rotation])
            {
                taken.Add(rotation);
            }
        }

        return [.. taken];
    }
}
