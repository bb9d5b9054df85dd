namespace XrdCt.Live.Tests;

/// <summary>Measured data and results of independent tools, which are not part of the project.</summary>
internal static class ReferenceData
{
    public static string? Find(string relative)
    {
        string? root = Environment.GetEnvironmentVariable("XRDCT_REFERENCE_DATA");
        if (string.IsNullOrEmpty(root))
        {
            for (DirectoryInfo? d = new(AppContext.BaseDirectory); d is not null; d = d.Parent)
            {
                if (File.Exists(Path.Combine(d.FullName, "XrdCt.Live.sln")))
                {
                    root = Path.Combine(d.FullName, "..", "shared", "data");
                    break;
                }
            }
        }

        string? path = root is null ? null : Path.GetFullPath(Path.Combine(root, relative));
        return File.Exists(path) ? path : null;
    }

    public static string Require(string relative)
    {
        string? path = Find(relative);
        if (path is null)
        {
            Assert.Skip($"reference data {relative} not found: set XRDCT_REFERENCE_DATA to the folder that holds it");
        }

        return path!;
    }
}
