using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Storage.Hdf5;
using XrdCt.Live.Storage.Images;
using XrdCt.Live.Storage.Stacks;
using XrdCt.Live.Storage.Volumes;

namespace XrdCt.Live.Storage.Sinograms;

/// <summary>
/// Reads sinograms from HDF5 files: NXxrdct of ours and of others, nDTomo, and any dataset whose axes are told. A file may have the dataset
/// behind its name, as silx and fabio write it: <c>scan.h5::/data/sinogram_00000</c>. Not thread-safe.
/// </summary>
public sealed class SinogramFile : ISinogramFile
{
    private const string Separator = "::";
    private const int MostNamed = 8;

    // What is read of the variances at once, 64 MiB; one band of the largest sinogram is more.
    private const int MostVariances = 1 << 24;

    private static readonly SinogramAxis[][] PlainOrders =
    [
        [SinogramAxis.Rotation, SinogramAxis.Translation, SinogramAxis.Bin], [SinogramAxis.Rotation, SinogramAxis.Translation],
    ];

    private readonly NumberFile _file;
    private readonly FoundSinogram _found;
    private readonly StoredValues _values;

    /// <summary>Opens a file.</summary>
    /// <param name="location">File, or file and dataset.</param>
    /// <param name="how">What the caller tells of it.</param>
    /// <param name="decoder">Unpacks bitshuffle-LZ4.</param>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">It holds no sinogram, or one that does not fit its axes; the message says what is there, and the remedy.</exception>
    public SinogramFile(string location, SinogramReading how, ChunkDecoder decoder)
    {
        ArgumentNullException.ThrowIfNull(how);
        ArgumentNullException.ThrowIfNull(decoder);
        string path = FileOf(location);
        _file = new NumberFile(path, decoder);
        try
        {
            SinogramReading told = path.Length == location.Length ? how : how with { Dataset = location[(path.Length + Separator.Length)..] };
            _found = _file.Guard("the file", () => Draft(told).Resolve(told));
            _values = _file.Guard(_found.Path, () => new StoredValues(_file, _found));
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public SinogramHeader Header => _found.Header;

    /// <summary>Layout of the file.</summary>
    public SinogramLayout Layout => _found.Layout;

    /// <summary>Settings and results that an NXxrdct file of ours keeps beside the sinogram, by path in the entry, as text with units.</summary>
    public IReadOnlyDictionary<string, string> Parameters => _file.Guard("the file", () => NxxrdctEntry.Find(_file) is { } entry
        ? NxxrdctEntry.Parameters(_file, entry)
        : []);

    /// <summary>Where an NXxrdct file of ours has the rotation axis; null where it does not say.</summary>
    public AxisPosition? Axis => _file.Guard("the file", () => NxxrdctEntry.Find(_file) is { } entry ? NxxrdctEntry.Axis(_file, entry) : (AxisPosition?)null);

    /// <summary>How a scan of ours was measured, where that fits the sinogram; null where the file does not say.</summary>
    public RecordedScan? Scan => _file.Guard("the file", () => NxxrdctEntry.Find(_file) is { } entry && NxxrdctEntry.Scan(_file, entry) is { } scan
        && scan.Plan.TranslationCount == Header.TranslationCount && scan.Plan.RotationCount == Header.RotationCount
            ? scan
            : null);

    /// <summary>Live channels with their slices, as scan files of ours keep them; none where the file is of another program.</summary>
    public IReadOnlyList<SavedChannel> Channels => _file.Guard("the file", () => NxxrdctEntry.Find(_file) is { } entry
        ? NxxrdctEntry.Channels(_file, entry, Header).ToList()
        : []);

    /// <summary>Where an operator kept regions of interest off, as scan files of ours say it; none where they do not.</summary>
    public IReadOnlyList<ForbiddenZone> Zones => _file.Guard("the file", () => NxxrdctEntry.Find(_file) is { } entry
        ? NxxrdctEntry.Zones(_file, entry)
        : []);

    /// <summary>What was taken off these values as scatter of the air, counts per bin, as scan files of ours say it; null where nothing was, or where they do not say.</summary>
    public float[]? Air => DatasetPath != CorrectedPath ? null : _file.Guard("the file", () => NxxrdctEntry.Find(_file) is { } entry
        && NumberList.Read(_file, $"{entry}/corrections/air/intensity") is { } air && air.Length == Header.BinCount
            ? [.. air.Select(v => (float)v)]
            : (float[]?)null);

    /// <summary>
    /// Bins of which scan files of ours keep the variance of the sum: <see cref="SumVariance"/> knows ranges that begin and end with such a band.
    /// Null where nothing is kept.
    /// </summary>
    public int? BinsPerBand => _file.Guard("the file", () => Bands() is { } bands ? bands.Width : (int?)null);

    /// <summary>Variances of the sums over some bins, counts².</summary>
    /// <param name="first">The first bin.</param>
    /// <param name="count">How many.</param>
    /// <returns>[rotation, translation], NaN where unmeasured; null where the file does not keep them, or for other ranges of bins.</returns>
    /// <exception cref="InvalidDataException">They cannot be read; the message names file and dataset.</exception>
    public float[]? SumVariance(int first, int count)
    {
        if (_file.Guard("the file", Bands) is not { } bands || first % bands.Width != 0 || ((first + count) % bands.Width != 0 && first + count != Header.BinCount))
        {
            return null;
        }

        int cells = Header.CellCount;
        int atOnce = Math.Max(1, MostVariances / cells);
        StoredValues stored = _file.Guard(bands.Found.Path, () => new StoredValues(_file, bands.Found));
        float[] sum = new float[cells];
        sum.AsSpan().Fill(float.NaN);
        float[] values = [];
        int end = (first + count + bands.Width - 1) / bands.Width;
        for (int band = first / bands.Width; band < end; band += atOnce)
        {
            int some = Math.Min(atOnce, end - band);
            values = values.Length == cells * some ? values : new float[cells * some];
            stored.Read(band, some, values);
            for (int i = 0; i < values.Length; i++)
            {
                ref float total = ref sum[i / some];
                total = float.IsNaN(values[i]) ? total : float.IsNaN(total) ? values[i] : total + values[i];
            }
        }

        return sum;
    }

    /// <summary>The file of a location.</summary>
    public static string FileOf(string location)
    {
        ArgumentNullException.ThrowIfNull(location);
        int at = location.LastIndexOf(Separator, StringComparison.Ordinal);
        return at < 0 ? location : location[..at];
    }

    /// <summary>Whether an HDF5 file has an entry of the application definition NXxrdct.</summary>
    /// <param name="path">The file.</param>
    /// <param name="decoder">Unpacks bitshuffle-LZ4.</param>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no HDF5 file, or damaged.</exception>
    public static bool IsNxxrdct(string path, ChunkDecoder decoder)
    {
        using NumberFile file = new(path, decoder);
        return NxxrdctEntry.Find(file) is not null;
    }

    /// <summary>
    /// Whether a file holds a sinogram without being told more: an entry of NXxrdct, or data of nDTomo with axes that fit. Frames are often
    /// called <c>/data</c> as well.
    /// </summary>
    /// <inheritdoc cref="IsNxxrdct"/>
    public static bool IsSinogram(string path, ChunkDecoder decoder)
    {
        using NumberFile file = new(path, decoder);
        if (NxxrdctEntry.Find(file) is not null)
        {
            return true;
        }

        try
        {
            return file.Guard("the file", () => NDTomoRoot.Draft(file, told: null)?.Resolve(new SinogramReading())) is not null;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    /// <summary>Path of the corrected sinogram in the file; null where it has none.</summary>
    public string? CorrectedPath { get; private set; }

    /// <summary>Path of the dataset in the file.</summary>
    public string DatasetPath => _found.Path;

    /// <inheritdoc/>
    public void ReadBins(int first, int count, Span<float> values)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Header.BinCount - first);
        ArgumentOutOfRangeException.ThrowIfLessThan(values.Length, (long)Header.CellCount * count, nameof(values));
        _values.Read(first, count, values);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private SinogramDraft Draft(SinogramReading how)
    {
        string? entry = NxxrdctEntry.Find(_file);
        CorrectedPath = entry is not null && _file.Find($"{entry}/{NxxrdctEntry.CorrectedIntensity}") is not null
            ? $"{entry}/{NxxrdctEntry.CorrectedIntensity}"
            : null;
        if (how is { IsCorrected: true, Dataset: null } && CorrectedPath is null)
        {
            throw _file.Wrong("the file has no corrected sinogram: only scan files of this program have one, unless output.corrected was false");
        }

        string? told = how.Dataset ?? (how.IsCorrected ? CorrectedPath : null);
        if ((entry is null ? null : NxxrdctEntry.Draft(_file, entry, told)) is { } ofEntry)
        {
            return ofEntry;
        }

        if (NDTomoRoot.Draft(_file, how.Dataset) is { } ofRoot)
        {
            return ofRoot;
        }

        if (how.Dataset is null && VolumeFile.OriginOf(_file) is { } origin)
        {
            throw _file.Wrong($"the file holds slices, not a sinogram: name the one that they were made of{(origin.Length > 0 ? $", {origin}" : "")}");
        }

        if (how.Dataset is null)
        {
            throw _file.Wrong($"there is no NXxrdct entry and no /data of nDTomo; {Choice()}");
        }

        return _file.Find(how.Dataset) is { } dataset
            ? new SinogramDraft(_file, SinogramLayout.Plain, dataset, how.Dataset) { Orders = PlainOrders }
            : throw _file.Wrong($"there is no dataset {how.Dataset}; {Choice()}");
    }

    // Beside the intensities that they belong to, and of their size.
    private (FoundSinogram Found, int Width)? Bands()
    {
        if (NxxrdctEntry.Find(_file) is not { } entry || NumberList.Single(_file, $"{entry}/variance/bins_per_band") is not { } told
            || told is not (>= 1 and <= int.MaxValue))
        {
            return null;
        }

        // Where no correction changed anything, the corrected sinogram is the raw one.
        int width = (int)told;
        string raw = $"{entry}/variance/variance";
        string corrected = $"{entry}/variance/corrected_variance";
        string? path = DatasetPath == CorrectedPath ? (_file.Find(corrected) is null ? raw : corrected)
            : DatasetPath == $"{entry}/data/intensity" ? raw
            : null;
        ulong[] sides = [(ulong)Header.TranslationCount, (ulong)Header.RotationCount, (ulong)((Header.BinCount + width - 1) / width)];
        return path is not null && _file.Find(path) is { } dataset && dataset.Space.Dimensions.SequenceEqual(sides)
            ? (_found with { Dataset = dataset, Path = path, Axes = [SinogramAxis.Translation, SinogramAxis.Rotation, SinogramAxis.Bin] }, width)
            : null;
    }

    private string Choice()
    {
        string[] sets =
        [
            .. _file.Nodes().Where(n => n.Node.IsDataset).Select(n => (n.Path, Sides: new DatasetHeader(n.Node).Dimensions))
                .Where(n => n.Sides is [> 1, > 1] or [> 0, > 0, > 0]).Take(MostNamed).Select(n => $"{n.Path} [{string.Join(", ", n.Sides!)}]"),
        ];
        return sets.Length == 0 ? "the file holds no dataset of two or three axes" : $"the file holds {string.Join(", ", sets)}: name one as FILE::/path";
    }
}
