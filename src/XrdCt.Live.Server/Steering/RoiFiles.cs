using XrdCt.Live.Model.Stages;
using XrdCt.Live.Server.Configuration;

namespace XrdCt.Live.Server.Steering;

/// <summary>The files of ROI scans: a configuration for <c>xrdct run</c>, and macros for BLISS and SPEC.</summary>
/// <param name="folder">Where they go; made where it does not exist.</param>
/// <param name="coarse">Configuration of the coarse scan.</param>
/// <param name="path">Its file.</param>
/// <param name="result">Result of the coarse scan.</param>
internal sealed class RoiFiles(string folder, BeamlineConfiguration coarse, string path, string result)
{
    /// <summary>Writes them all, or none where one exists.</summary>
    /// <param name="plans">The scans.</param>
    /// <param name="overwrite">Whether files that exist are replaced.</param>
    /// <exception cref="UserException">A file exists and must not be replaced.</exception>
    /// <exception cref="IOException">They cannot be written.</exception>
    public void Write(IReadOnlyList<RoiScanPlan> plans, bool overwrite)
    {
        string from = Path.GetDirectoryName(Path.GetFullPath(path))!;
        List<(string Path, string Text)> files = [];
        foreach (RoiScanPlan plan in plans)
        {
            string name = Path.Combine(folder, FormattableString.Invariant($"roi_{plan.Number}"));
            files.Add(($"{name}.yml", RoiConfiguration.Of(plan, coarse, from, result)));
            files.Add(($"{name}.py", BlissMacro.Of(plan, coarse.Title)));
            files.Add(($"{name}.mac", SpecMacro.Of(plan, coarse.Title)));
        }

        if (!overwrite && files.Find(f => File.Exists(f.Path)).Path is { } there)
        {
            throw new UserException($"{there} exists: choose another --plan, or --overwrite");
        }

        Directory.CreateDirectory(folder);
        files.ForEach(f => File.WriteAllText(f.Path, f.Text));
    }
}
