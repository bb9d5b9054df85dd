using System.Text.RegularExpressions;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Model.Geometry;

/// <summary>Detectors that are known by name: DECTRIS' Pilatus, Eiger and Eiger2, with silicon and CdTe sensors.</summary>
/// <remarks>
/// Names, sizes, pixels and gaps as pyFAI's <c>detectors/_dectris.py</c>. Capitals, blanks, hyphens and underscores do not matter, and DECTRIS'
/// own way of writing (<c>PILATUS3 X CdTe 2M</c>, <c>EIGER2 X CdTe 9M</c>) is understood.
/// </remarks>
public static partial class DetectorCatalogue
{
    private const int MostSuggestions = 3;

    /// <summary>All models.</summary>
    public static IReadOnlyList<DetectorModel> Models { get; } =
    [
        .. Pilatus(("100k", 1, 1), ("200k", 2, 1), ("300k", 3, 1), ("300kw", 1, 3), ("900k", 3, 3), ("1M", 5, 2), ("2M", 8, 3), ("6M", 12, 5)),
        .. PilatusCdTe(("300k", 3, 1), ("300kw", 1, 3), ("900kw", 1, 9), ("1M", 5, 2), ("2M", 8, 3)),
        .. Eiger(("500k", 1, 1), ("1M", 2, 1), ("4M", 4, 2), ("9M", 6, 3), ("16M", 8, 4)),
        .. Eiger2("Eiger2", 0),
        .. Eiger2("Eiger2 CdTe", jointColumns: 2),
    ];

    // After the models, whose names it takes.
    private static readonly Dictionary<string, DetectorModel> ByName =
        Models.SelectMany(m => m.Aliases.Prepend(m.Name).Select(name => (Name: Plain(name), Model: m)))
            .DistinctBy(entry => entry.Name)
            .ToDictionary(entry => entry.Name, entry => entry.Model);

    /// <summary>Finds a model by any of its names; null where none is known.</summary>
    /// <param name="name">The name.</param>
    public static DetectorModel? Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return ByName.GetValueOrDefault(Plain(name)) ?? ByName.GetValueOrDefault(Plain(MakersWords().Replace(name, " ")));
    }

    /// <summary>The names most like one that is not known, the nearest first.</summary>
    /// <param name="name">The name.</param>
    public static IReadOnlyList<string> Near(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string plain = Plain(name[..Math.Min(name.Length, 64)]);
        return [.. Models.OrderBy(m => m.Aliases.Prepend(m.Name).Min(n => Distance(plain, Plain(n)))).Take(MostSuggestions).Select(m => m.Name)];
    }

    private static IEnumerable<DetectorModel> Pilatus(params (string Size, int Down, int Across)[] sizes)
    {
        ModuleGaps gaps = new(new ImageShape(195, 487), 17, 7);
        return sizes.Select(s => new DetectorModel(
            $"Pilatus{s.Size}", [$"Pilatus {s.Size}"], Size(gaps, s.Down, s.Across), 172e-6, gaps)
        { Dummy = -2, DummyDelta = 1.5 });
    }

    private static IEnumerable<DetectorModel> PilatusCdTe(params (string Size, int Down, int Across)[] sizes)
    {
        ModuleGaps gaps = new(new ImageShape(195, 487), 17, 7, JointColumns: 3);
        return sizes.Select(s => new DetectorModel(
            $"PilatusCdTe{s.Size}",
            [$"Pilatus CdTe {s.Size}", $"Pilatus {s.Size} CdTe", $"Pilatus{s.Size} CdTe", $"Pilatus{s.Size}CdTe"],
            Size(gaps, s.Down, s.Across),
            172e-6,
            gaps)
        { Dummy = -2, DummyDelta = 1.5 });
    }

    private static IEnumerable<DetectorModel> Eiger(params (string Size, int Down, int Across)[] sizes)
    {
        ModuleGaps gaps = new(new ImageShape(514, 1030), 37, 10);
        return sizes.Select(s => new DetectorModel($"Eiger{s.Size}", [$"Eiger {s.Size}"], Size(gaps, s.Down, s.Across), 75e-6, gaps));
    }

    private static IEnumerable<DetectorModel> Eiger2(string family, int jointColumns)
    {
        (string Size, int Down, int Across)[] sizes =
            [("500k", 1, 1), ("1M", 2, 1), ("1M-W", 1, 2), ("2M-W", 1, 4), ("4M", 4, 2), ("9M", 6, 3), ("16M", 8, 4)];
        ModuleGaps gaps = new(new ImageShape(512, 1028), 38, 12, jointColumns);
        return sizes.Select(s => new DetectorModel(
            $"{family.Replace(" ", "", StringComparison.Ordinal)}_{s.Size.Replace("-", "", StringComparison.Ordinal)}",
            [$"{family} {s.Size}"],
            Size(gaps, s.Down, s.Across),
            75e-6,
            gaps));
    }

    private static ImageShape Size(ModuleGaps gaps, int down, int across) => new(
        (down * (gaps.Module.Rows + gaps.GapRows)) - gaps.GapRows, (across * (gaps.Module.Columns + gaps.GapColumns)) - gaps.GapColumns);

    private static string Plain(string name) => string.Concat(name.Where(c => c is not (' ' or '-' or '_')).Select(char.ToLowerInvariant));

    // Levenshtein's: letters to change, add or leave out.
    private static int Distance(string one, string other)
    {
        int[] row = [.. Enumerable.Range(0, other.Length + 1)];
        for (int i = 1; i <= one.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= other.Length; j++)
            {
                int changed = diagonal + (one[i - 1] == other[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[^1];
    }

    // Maker, series and sensor as DECTRIS writes them round the names above: "Dectris PILATUS3 X CdTe 2M, S/N 24-0118".
    [GeneratedRegex(@"\bdectris\b|(?<=\bpilatus)3(?![0-9])|\b(x|xe|r|s|si)\b|,.*$", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex MakersWords();
}
