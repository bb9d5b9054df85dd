namespace XrdCt.Live.EndToEnd.Tests.Programs;

/// <summary>Where the build put the programs under test: beside this test project, in the same configuration.</summary>
internal static class BuiltProgram
{
    private static readonly DirectoryInfo Own = new(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));

    public static string Xrdct { get; } = Find("XrdCt.Live.Server", "xrdct.dll");

    public static string Simulator { get; } = Find("XrdCt.Live.Simulator", "xrdct-sim.dll");

    /// <summary>The configuration folder as it is delivered with the program.</summary>
    public static string Config { get; } = Path.Combine(Path.GetDirectoryName(Xrdct)!, "config");

    private static string Find(string project, string file)
    {
        // .artifacts/bin/PROJECT/CONFIGURATION
        string path = Path.Combine(Own.Parent!.Parent!.FullName, project, Own.Name, file);
        return File.Exists(path)
            ? path
            : throw new FileNotFoundException($"{path} is missing: build the solution as '{Own.Name}' first");
    }
}
