using XrdCt.Live.Compute.Integration;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;

namespace XrdCt.Live.Compute.Gpu;

/// <summary>
/// Integrates on a device until that fails: the batch under way is done again on the CPU, and so are all that follow. No frame is lost.
/// </summary>
/// <param name="onDevice">The integrator on the device; disposed with this one.</param>
/// <param name="createOnCpu">Makes the one that stands in, when it is needed.</param>
/// <param name="source">Knows whether the device still lives, since all workers share it, and is told when it dies.</param>
/// <param name="disposed">Is told that the device is not needed any more by this integrator.</param>
internal sealed class FallbackIntegrator(
    IFrameIntegrator onDevice, Func<IFrameIntegrator> createOnCpu, IntegratorSource source, Action disposed) : IFrameIntegrator
{
    private IFrameIntegrator? _onCpu;

    /// <inheritdoc/>
    public IntegrationPlan Plan => onDevice.Plan;

    /// <inheritdoc/>
    public int BatchSize => onDevice.BatchSize;

    /// <inheritdoc/>
    public void Integrate(ReadOnlySpan<RawFrame> frames, ReadOnlySpan<DiffractionPattern> patterns)
    {
        BatchShapes.Check(this, frames, patterns);
        if (source.Failure is null)
        {
            try
            {
                onDevice.Integrate(frames, patterns);
                return;
            }
            catch (Exception e) when (GpuException.IsOfDevice(e))
            {
                source.Fail(e);
            }
        }

        _onCpu ??= createOnCpu();
        while (!frames.IsEmpty)
        {
            int count = Math.Min(frames.Length, _onCpu.BatchSize);
            _onCpu.Integrate(frames[..count], patterns[..count]);
            frames = frames[count..];
            patterns = patterns[count..];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            onDevice.Dispose();
        }
        catch (Exception e) when (source.Failure is not null && GpuException.IsOfDevice(e))
        {
            // A device that failed may refuse to be tidied up; the driver does it when the process ends.
        }

        disposed();
        _onCpu?.Dispose();
    }
}
