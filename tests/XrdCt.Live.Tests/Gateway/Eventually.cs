namespace XrdCt.Live.Tests.Gateway;

/// <summary>Waits for what other processes do.</summary>
internal static class Eventually
{
    /// <summary>Far above what anything here needs on a busy machine; reaching it is a failure.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(40);

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    public static async Task TrueAsync(Func<bool> condition, Func<string> wanted)
    {
        long begun = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(begun) > Limit)
            {
                Assert.Fail($"waited in vain for {wanted()}");
            }

            await Task.Delay(Tick, TestContext.Current.CancellationToken);
        }
    }

    public static Task TrueAsync(Func<bool> condition, string wanted) => TrueAsync(condition, () => wanted);
}
