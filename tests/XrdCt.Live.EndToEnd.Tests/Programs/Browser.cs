namespace XrdCt.Live.EndToEnd.Tests.Programs;

/// <summary>Headless Chromium, driven by the scripts of the folder <c>browser</c>.</summary>
internal static class Browser
{
    public const string Chromium = "/usr/bin/chromium";

    /// <summary>Where the scripts are.</summary>
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "browser");

    /// <summary>Makes the scripts ready to run.</summary>
    /// <returns>Why there is no browser; empty where there is.</returns>
    public static async Task<string> WhyNotAsync()
    {
        if (!File.Exists(Chromium))
        {
            return $"no {Chromium} here (Debian: apt-get install chromium)";
        }

        if (!await RunningProgram.CanRunAsync("npm", "--version"))
        {
            return "no npm here: the browser tests need Node.js 20.19 or newer";
        }

        bool isThere = Directory.Exists(Path.Combine(Folder, "node_modules", "playwright-core"));
        return isThere || await RunningProgram.CanRunAsync("npm", "ci", "--prefix", Folder, "--loglevel=error")
            ? ""
            : $"npm ci in {Folder} failed: is there a package registry?";
    }
}
