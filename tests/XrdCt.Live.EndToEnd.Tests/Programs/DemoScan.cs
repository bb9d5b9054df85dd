using System.Text.Json;

namespace XrdCt.Live.EndToEnd.Tests.Programs;

/// <summary>
/// One demo scan that several tests look at: 51 × 40 full-size frames, with the page open in headless Chromium where
/// there is one.
/// </summary>
public sealed class DemoScan : IAsyncLifetime
{
    public const int Translations = 51;
    public const int Rotations = 40;

    private readonly WorkFolder _folder = new();

    /// <summary>The program's own summary.</summary>
    internal JsonElement Summary { get; private set; }

    /// <summary>Exit code of the demo after Ctrl-C at the finished page.</summary>
    internal FinishedProgram? Ended { get; private set; }

    /// <summary>What the browser saw; null where there is no browser.</summary>
    internal FinishedProgram? Seen { get; private set; }

    /// <summary>Why there was no browser.</summary>
    internal string WhyNoBrowser { get; private set; } = "";

    /// <summary>Where the screenshots are.</summary>
    internal static string Screenshots { get; } =
        Environment.GetEnvironmentVariable("XRDCT_SCREENSHOTS") is { Length: > 0 } folder
            ? Path.GetFullPath(folder)
            : Path.Combine(AppContext.BaseDirectory, "screenshots");

    internal string Saved => Summary.GetProperty("saved").GetString()!;

    internal string this[string name] => _folder[name];

    public async ValueTask InitializeAsync()
    {
        string? browser = (WhyNoBrowser = await Browser.WhyNotAsync()).Length == 0 ? Browser.Folder : null;
        int port = FreePort.Find();
        await using RunningProgram demo = RunningProgram.Start(
            BuiltProgram.Xrdct,
            "demo", "--translations", $"{Translations}", "--rotations", $"{Rotations}", "--no-browser", "--json",
            "--port", $"{port}", "--output", _folder["results"]);
        if (browser is not null)
        {
            await PageIsServedAsync(port);
            await using RunningProgram watcher = RunningProgram.StartCommand(
                "watch.mjs",
                "node",
                [Path.Combine(browser, "watch.mjs"), $"http://127.0.0.1:{port}/", Screenshots, Browser.Chromium]);
            Seen = await watcher.EndAsync();
        }

        // The summary is one indented JSON object; its last line is the brace alone.
        await demo.LineAsync(line => line == "}");
        await demo.InterruptAsync();
        Ended = await demo.EndAsync();
        Summary = Ended.Json();
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task PageIsServedAsync(int port)
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/") };
        using var limit = new CancellationTokenSource(RunningProgram.LongestRun);
        while (true)
        {
            try
            {
                using HttpResponseMessage answer = await client.GetAsync(client.BaseAddress, limit.Token);
                answer.EnsureSuccessStatusCode();
                return;
            }
            catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConnectionError)
            {
                // Not yet listening: with --json the program prints nothing that could be waited for.
                await Task.Delay(TimeSpan.FromMilliseconds(100), limit.Token);
            }
        }
    }
}
