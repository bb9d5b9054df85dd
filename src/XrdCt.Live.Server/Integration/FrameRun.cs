using System.Threading.Channels;
using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Server.Configuration;

namespace XrdCt.Live.Server.Integration;

/// <summary>
/// Reads, integrates and hands on the frames of a sequence, in their order: one reader, a few workers, one taker. As many batches as there
/// are workers, and two more, go round, so memory does not grow with the number of frames.
/// </summary>
/// <param name="plan">The plan.</param>
/// <param name="frames">The frames.</param>
/// <param name="monitor">Beam monitor; null for none.</param>
/// <param name="createIntegrator">Makes the integrator of a worker.</param>
/// <param name="workers">Most workers, at least 1.</param>
internal sealed class FrameRun(
    IntegrationPlan plan, FrameSequence frames, BeamMonitor? monitor, Func<IFrameIntegrator> createIntegrator, int workers)
{
    // Patterns of fine cakes have a million values of 44 bytes: eight each, for every worker, are to stay below this.
    private const long LargestPatterns_bytes = 1L << 31;
    private const int Value_bytes = 44;

    /// <summary>Number of workers: no more than there are frames.</summary>
    public int Workers { get; } = Math.Clamp(frames.Count, 1, workers);

    /// <summary>Frames of a batch; known once it runs.</summary>
    public int BatchSize { get; private set; }

    /// <summary>Runs to the end, or until stopped: what was read by then is integrated and handed on.</summary>
    /// <param name="take">Receives every frame in order, on one thread at a time; the slot is reused afterwards.</param>
    /// <param name="stop">Asks for the end.</param>
    public async Task RunAsync(Action<FrameSlot> take, CancellationToken stop)
    {
        IFrameIntegrator[] integrators = [.. Enumerable.Range(0, Workers).Select(_ => createIntegrator())];
        int batchCount = Workers + 2;
        long most = LargestPatterns_bytes / ((long)batchCount * plan.PatternSize * Value_bytes);
        int even = (frames.Count + Workers - 1) / Workers;
        BatchSize = (int)Math.Clamp(Math.Min(most, even), 1, integrators[0].BatchSize);
        Channel<FrameBatch> free = Channel.CreateBounded<FrameBatch>(batchCount);
        Channel<FrameBatch> work = Channel.CreateBounded<FrameBatch>(batchCount);
        Channel<FrameBatch> inOrder = Channel.CreateBounded<FrameBatch>(batchCount);
        for (int i = 0; i < batchCount; i++)
        {
            free.Writer.TryWrite(new FrameBatch(BatchSize, plan.PatternSize));
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task reading = Task.Run(() => ReadAsync(free.Reader, work.Writer, inOrder.Writer, ending.Token), CancellationToken.None);
        Task[] working = [.. integrators.Select(i => Task.Run(() => WorkAsync(i, work.Reader), CancellationToken.None))];
        try
        {
            await foreach (FrameBatch batch in inOrder.Reader.ReadAllAsync(CancellationToken.None))
            {
                await batch.Done;
                for (int i = 0; i < batch.Count; i++)
                {
                    take(batch.Slots[i]);
                }

                batch.Reuse();
                free.Writer.TryWrite(batch);
            }
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAll([reading, .. working]);
            Array.ForEach(integrators, i => i.Dispose());
        }
    }

    private async Task ReadAsync(
        ChannelReader<FrameBatch> free, ChannelWriter<FrameBatch> work, ChannelWriter<FrameBatch> inOrder, CancellationToken stop)
    {
        Exception? fault = null;
        var open = new OpenStack(frames);
        try
        {
            for (int next = 0; next < frames.Count && !stop.IsCancellationRequested;)
            {
                FrameBatch batch = await free.ReadAsync(stop);
                for (; batch.Count < batch.Slots.Length && next < frames.Count && !stop.IsCancellationRequested; next++)
                {
                    Read(next, open, batch.Slots[batch.Count++]);
                }

                // Both have room for all batches that there are.
                work.TryWrite(batch);
                inOrder.TryWrite(batch);
            }
        }
        catch (OperationCanceledException)
        {
            // What was read is handed on.
        }
        catch (Exception e)
        {
            fault = e;
        }
        finally
        {
            open.Dispose();
            work.TryComplete();
            inOrder.TryComplete(fault);
        }
    }

    private void Read(int index, OpenStack open, FrameSlot slot)
    {
        (slot.Index, slot.Frame, slot.Failure) = (index, null, monitor?.Refusal(index));
        if (slot.Failure is not null)
        {
            return;
        }

        try
        {
            var header = new FrameHeader { SeriesId = 0, Index = index, AcquiredAt = default, Monitor = monitor?.Values[index] ?? double.NaN };
            slot.Frame = open.Of(index).Read(frames.RowOf(index), slot.Memory, header);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or InvalidDataException)
        {
            slot.Failure = SetUp.Sentence(e);
        }
    }

    private async Task WorkAsync(IFrameIntegrator integrator, ChannelReader<FrameBatch> work)
    {
        await foreach (FrameBatch batch in work.ReadAllAsync(CancellationToken.None))
        {
            try
            {
                Integrate(integrator, [.. batch.Slots.Take(batch.Count).Where(slot => slot.Failure is null)]);
                batch.Complete();
            }
            catch (Exception e)
            {
                batch.Fail(e);
            }
        }
    }

    private void Integrate(IFrameIntegrator integrator, FrameSlot[] slots)
    {
        foreach (FrameSlot[] some in slots.Chunk(integrator.BatchSize))
        {
            RawFrame[] raw = [.. some.Select(slot => slot.Frame!.Value)];
            DiffractionPattern[] patterns = [.. some.Select(slot => slot.Pattern)];
            integrator.Integrate(raw, patterns);
        }

        foreach (FrameSlot slot in slots)
        {
            slot.Frame!.Value.Dispose();
            if (slot.Pattern.Outcome != FrameOutcome.Accepted)
            {
                slot.Failure = $"{frames.NameOf(slot.Index)}: the pixels are cut short or damaged";
            }
            else if (monitor is not null)
            {
                slot.Pattern.ScaleNormalisation(monitor.Relative(slot.Index));
            }
        }
    }
}
