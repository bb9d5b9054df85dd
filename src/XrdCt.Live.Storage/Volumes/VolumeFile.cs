using PureHDF.Selections;
using PureHDF.VOL.Native;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Storage.Images;
using XrdCt.Live.Storage.Nexus;
using XrdCt.Live.Storage.Sinograms;
using XrdCt.Live.Storage.Stacks;

namespace XrdCt.Live.Storage.Volumes;

/// <summary>Reads a reconstructed volume that <see cref="VolumeWriter"/> or a scan of ours wrote, a range of bins at a time. Not thread-safe.</summary>
public sealed class VolumeFile : IDisposable
{
    private const string Entry = $"/{VolumeWriter.EntryName}";
    private const string Group = $"{Entry}/{VolumeWriter.GroupName}";
    private const string NoisePath = $"{Entry}/{VolumeTree.FindingsName}/{NoisePlot.Name}";
    private const string Intensity = $"{Group}/{VolumeWriter.IntensityName}";

    // 8192 × 8192 pixels, and more bins than a detector has pixels on its diagonal.
    private const ulong LargestSize = 1UL << 13;
    private const ulong MostBins = 1UL << 20;

    // A group of ours has a dozen; a claim of millions must not be walked through.
    private const int MostParameters = 200;

    private readonly NumberFile _file;
    private readonly NativeDataset _dataset;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="decoder">Unpacks bitshuffle-LZ4.</param>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">It holds no volume, or a damaged one; the message says what is wrong.</exception>
    public VolumeFile(string path, ChunkDecoder decoder)
    {
        _file = new NumberFile(path, decoder);
        try
        {
            _dataset = _file.Find(Intensity) as NativeDataset
                ?? throw _file.Wrong($"there are no reconstructed slices ({Intensity}): make them with 'xrdct reconstruct {path}'");
            Header = _file.Guard(Intensity, ReadHeader);
            Findings = [.. Parameters($"{Entry}/{VolumeTree.FindingsName}", "")];
            Program = NxxrdctEntry.Text(_file, $"{Entry}/{VolumeTree.ProcessName}/program") ?? "";
            Date = NxxrdctEntry.Text(_file, $"{Entry}/{VolumeTree.ProcessName}/date") ?? "";
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>Axes and parameters, also those of what was done about the outside (<c>roi/…</c>).</summary>
    public VolumeHeader Header { get; }

    /// <summary>How far the slices can be trusted: what the header announces as <see cref="VolumeHeader.Findings"/>, with its values.</summary>
    public IReadOnlyList<VolumeParameter> Findings { get; }

    /// <summary>Name and version of the program that made the slices; empty where the file does not say.</summary>
    public string Program { get; }

    /// <summary>When that was, ISO 8601; empty where the file does not say.</summary>
    public string Date { get; }

    /// <summary>Whether a file holds a volume.</summary>
    /// <param name="path">The file.</param>
    /// <param name="decoder">Unpacks bitshuffle-LZ4.</param>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no HDF5 file, or damaged.</exception>
    public static bool IsVolume(string path, ChunkDecoder decoder)
    {
        using NumberFile file = new(path, decoder);
        return file.Find(Intensity) is not null;
    }

    /// <summary>Of which sinogram the slices in a file were made, empty where it does not say; null where it holds none.</summary>
    internal static string? OriginOf(NumberFile file) => file.Find(Intensity) is null ? null : NxxrdctEntry.Text(file, $"{Entry}/{VolumeTree.ProcessName}/{VolumeTree.OriginName}") ?? "";

    /// <summary>Reads the slices of some bins.</summary>
    /// <param name="first">The first bin.</param>
    /// <param name="count">How many.</param>
    /// <returns>[bin, y, x]; NaN where there is no value.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There are no such bins.</exception>
    /// <exception cref="InvalidDataException">They cannot be read; the message names file and dataset.</exception>
    public float[] ReadBins(int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Header.BinCount - first);
        return Read(starts: [(ulong)first, 0, 0], blocks: [(ulong)count, (ulong)Header.Size, (ulong)Header.Size]);
    }

    /// <summary>Reads the pattern of a voxel.</summary>
    /// <param name="row">Row, y.</param>
    /// <param name="column">Column, x.</param>
    /// <returns>By bin; NaN throughout outside the circle that all projections see.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such voxel.</exception>
    /// <exception cref="InvalidDataException">It cannot be read; the message names file and dataset.</exception>
    public float[] ReadPattern(int row, int column)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfNegative(column);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Header.Size);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(column, Header.Size);
        return Read(starts: [0, (ulong)row, (ulong)column], blocks: [(ulong)Header.BinCount, 1, 1]);
    }

    /// <summary>Reads the noise of the mean over the bins, σ, [y, x]; NaN where there is none. Null where the file does not have it.</summary>
    /// <exception cref="InvalidDataException">It cannot be read, or is of another size; the message names file and dataset.</exception>
    public float[]? ReadNoise() => _file.Find(NoisePath) is not { } noise ? null
        : _file.Guard(NoisePath, () => noise.Space.Dimensions) is [var rows, var columns] && rows == (ulong)Header.Size && columns == rows
            ? _file.ReadSingles(noise, NoisePath, (long)(rows * columns))
            : throw _file.Wrong($"{NoisePath} is not of the size of the slices, {Header.Size} × {Header.Size} pixels");

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private float[] Read(ulong[] starts, ulong[] blocks) => _file.Guard(
        Intensity, () => _dataset.Read<float[]>(fileSelection: new HyperslabSelection(starts.Length, starts, blocks)));

    private VolumeHeader ReadHeader()
    {
        ulong[] sides = _dataset.Space.Dimensions;
        string size = $"{Intensity} [{string.Join(", ", sides)}]";
        if (sides is not [> 0 and <= MostBins, > 1 and <= LargestSize, _] || sides[1] != sides[2])
        {
            throw _file.Wrong($"{size} is no volume of at least one bin and square slices of at most {LargestSize} pixels");
        }

        double[] radial = Axis("diffraction_channel", (int)sides[0]);
        double[] x_um = Axis("x", (int)sides[2]);
        return new VolumeHeader
        {
            Size = (int)sides[2],
            PixelSize_um = x_um[1] - x_um[0],
            Radial = radial,
            Unit = NumberList.UnitsOf(_file, $"{Group}/diffraction_channel") is { } units ? FileUnits.Radial(units) : null,
            Energy_keV = NumberList.Single(_file, $"{Entry}/beam/incident_energy"),
            Title = NxxrdctEntry.Text(_file, $"{Entry}/title") ?? "",
            Origin = OriginOf(_file) ?? "",
            Parameters = [.. Parameters($"{Entry}/{VolumeTree.ProcessName}", "").Where(p => !VolumeTree.IsAboutTheFile(p.Name))],
            Findings = [.. Parameters($"{Entry}/{VolumeTree.FindingsName}", "").Select(p => (p.Name, p.Units))],
            HasNoise = _file.Find(NoisePath) is not null,
        };
    }

    private IEnumerable<VolumeParameter> Parameters(string group, string prefix)
    {
        foreach (string name in _file.NamesIn(group).Take(MostParameters))
        {
            string path = $"{group}/{name}";
            if (_file.HeaderOf(path) is { IsGroup: true })
            {
                foreach (VolumeParameter inner in prefix.Length == 0 ? Parameters(path, $"{name}/") : [])
                {
                    yield return inner;
                }
            }
            else if (NxxrdctEntry.Text(_file, path) is { } text)
            {
                yield return VolumeParameter.Of(prefix + name, text);
            }
            else if (NumberList.Single(_file, path) is { } number)
            {
                yield return VolumeParameter.Of(prefix + name, number, NumberList.UnitsOf(_file, path) ?? "");
            }
        }
    }

    private double[] Axis(string name, int count) => NumberList.Read(_file, $"{Group}/{name}") is { } values && values.Length == count
        ? values
        : throw _file.Wrong($"{Group}/{name} has not the {count} positions of its axis");
}
