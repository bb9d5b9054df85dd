namespace XrdCt.Live.Tests;

/// <summary>The checkout that the tests run in.</summary>
internal static class Repository
{
    /// <summary>Folder that holds XrdCt.Live.sln.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (DirectoryInfo? d = new(AppContext.BaseDirectory); d is not null; d = d.Parent)
        {
            if (File.Exists(Path.Combine(d.FullName, "XrdCt.Live.sln")))
            {
                return d.FullName;
            }
        }

        throw new InvalidOperationException("XrdCt.Live.sln is not above the test's folder");
    }
}
