using System.Globalization;

namespace XrdCt.Live.Fuzzing;

/// <summary>What identifies a case: from these three its input can be made again.</summary>
/// <param name="Target">Name of the target.</param>
/// <param name="Seed">Seed of the run.</param>
/// <param name="Number">Number of the case of this target, from 0.</param>
internal readonly record struct FuzzCase(string Target, ulong Seed, long Number)
{
    /// <summary>Makes the input again and writes it to a folder.</summary>
    /// <returns>Path of the file.</returns>
    internal string Save(string folder)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"fuzz-{Target}-{Seed}-{Number}.bin");
        string path = Path.Combine(folder, name);
        string target = Target;
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(path, new Mutator().Make(Seed, FuzzTargets.All().Single(t => t.Name == target), Number).ToArray());
        return path;
    }

    /// <summary>As a sentence begins: <c>bslz4-4, seed 7, case 31</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Target}, seed {Seed}, case {Number}");
}
