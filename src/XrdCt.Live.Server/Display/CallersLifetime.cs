namespace XrdCt.Live.Server.Display;

/// <summary>
/// Leaves signals alone. The default lifetime would catch Ctrl-C and end the page only, and the scan would run on
/// unseen; when to end is the caller's decision.
/// </summary>
internal sealed class CallersLifetime : IHostLifetime
{
    /// <inheritdoc/>
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
