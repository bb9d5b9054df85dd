namespace XrdCt.Live.Tests.Ingest;

/// <summary>The golden files of this area, copied beside the tests.</summary>
internal static class GoldenFiles
{
    internal static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "Golden", "ingest", name);
}
