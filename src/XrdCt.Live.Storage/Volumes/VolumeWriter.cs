using PureHDF;
using PureHDF.Selections;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Storage.Files;
using XrdCt.Live.Storage.Nexus;

namespace XrdCt.Live.Storage.Volumes;

/// <summary>
/// Writes a reconstructed volume some bins at a time: a chunk is held. The file appears when it is finished. Not thread-safe.
/// </summary>
/// <remarks>
/// Layout: <c>/entry/reconstruction</c> (NXdata) with <c>intensity</c> [bin, y, x], float32, NaN outside the circle that all projections see,
/// and its axes <c>diffraction_channel</c>, <c>y</c>, <c>x</c> (µm); <c>/entry/total</c> (NXdata) with the mean over the bins, which viewers show
/// first; <c>/entry/confidence</c> with its noise, where that is known; <c>/entry/process</c> (NXprocess) with every parameter; <c>/entry/beam</c>, <c>/entry/sample</c>. Chunks of 64 bins × 16 × 16 pixels with shuffle and deflate, which
/// every HDF5 library opens: a voxel's pattern of 2,048 bins touches 2 MiB, a slice of 251² 16 MiB.
/// </remarks>
public sealed class VolumeWriter : IDisposable
{
    /// <summary>Bins of a chunk; ranges that are written begin at a multiple of it.</summary>
    public const int BinsPerChunk = 64;

    internal const string EntryName = "entry";
    internal const string GroupName = "reconstruction";
    internal const string IntensityName = "intensity";

    private const int PixelsPerChunk = 16;
    private const int Rank = 3;

    private readonly string _path;
    private readonly bool _overwrite;
    private readonly VolumeHeader _header;
    private readonly H5Dataset<Memory<float>> _intensity;
    private readonly H5Dataset<Memory<float>> _total;
    private readonly H5Dataset<Memory<float>>? _noise;
    private readonly H5Dataset<Memory<double>>[] _findings;
    private readonly double[] _sum;
    private readonly int[] _measured;
    private readonly int[] _chunkShape;
    private readonly float[] _chunk;
    private readonly PartFile _part;
    private readonly H5NativeWriter _writer;
    private int _next;

    /// <summary>Starts the file.</summary>
    /// <param name="path">Where it appears at the end; its folder is made where it does not exist.</param>
    /// <param name="header">Axes and parameters.</param>
    /// <param name="program">Name and version of this program.</param>
    /// <param name="overwrite">Whether an existing file is replaced.</param>
    /// <exception cref="IOException">It cannot be written, or exists and must not be replaced; the message names it and the remedy.</exception>
    public VolumeWriter(string path, VolumeHeader header, string program, bool overwrite)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(header);
        (_path, _overwrite, _header) = (Path.GetFullPath(path), overwrite, header);
        if (!overwrite && File.Exists(_path))
        {
            throw new IOException($"the slices cannot be saved to '{_path}', because it exists: choose another name or allow overwriting");
        }

        _chunkShape = [Math.Min(BinsPerChunk, header.BinCount), Math.Min(PixelsPerChunk, header.Size), Math.Min(PixelsPerChunk, header.Size)];
        _chunk = new float[_chunkShape[0] * _chunkShape[1] * _chunkShape[2]];
        _sum = new double[header.PixelCount];
        _measured = new int[header.PixelCount];
        ulong[] sides = [(ulong)header.BinCount, (ulong)header.Size, (ulong)header.Size];
        _intensity = new H5Dataset<Memory<float>>(sides, [.. _chunkShape.Select(c => (uint)c)], NexusNodes.Compressed());
        _total = new H5Dataset<Memory<float>>(sides[1..]);
        _findings = [.. header.Findings.Select(f => new H5Dataset<Memory<double>>([1]))];
        _noise = header.HasNoise ? new H5Dataset<Memory<float>>(sides[1..]) : null;
        H5File file = VolumeTree.Build(header, program, _intensity, _total, _noise, _findings);
        _part = Guard(() =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            return PartFile.Start(_path, reuse: true);
        });
        try
        {
            _writer = Guard(() => file.BeginWrite(_part.Stream, NexusNodes.Options));
        }
        catch
        {
            _part.Dispose();
            throw;
        }
    }

    /// <summary>Looks whether a file could be written at a place, and leaves nothing there.</summary>
    /// <param name="path">Where it would appear.</param>
    /// <exception cref="IOException">It could not; the message names it and the remedy.</exception>
    public static void CheckPlace(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string place = Path.GetFullPath(path);
        try
        {
            string folder = Path.GetDirectoryName(place)!;
            while (!Directory.Exists(folder) && !File.Exists(folder) && Path.GetDirectoryName(folder) is { } parent)
            {
                folder = parent;
            }

            // A folder that is to be made is in the nearest one that there is.
            using Stream probe = new FileStream(
                Path.Combine(folder, $".{Path.GetRandomFileName()}"), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        }
        catch (Exception fault) when (WriteFailure.IsFileFault(fault))
        {
            throw WriteFailure.Explain("the slices", place, fault);
        }
    }

    /// <summary>Writes the next bins.</summary>
    /// <param name="slices">[y, x, bin], the bins fastest; NaN where there is no value.</param>
    /// <param name="count">How many bins: a multiple of <see cref="BinsPerChunk"/>, or all that are left.</param>
    /// <exception cref="ArgumentException">It is another number, or there are too few values.</exception>
    /// <exception cref="IOException">The disk is full or failed.</exception>
    public void Write(ReadOnlyMemory<float> slices, int count)
    {
        int left = _header.BinCount - _next;
        if (count < 1 || count > left || (count % BinsPerChunk != 0 && count != left))
        {
            throw new ArgumentException($"{count} bins for {left} that are left, in chunks of {BinsPerChunk}", nameof(count));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(slices.Length, (long)_header.PixelCount * count, nameof(slices));
        Sum(slices.Span, count);
        Guard(() =>
        {
            for (int b = 0; b < count; b += _chunkShape[0])
            {
                for (int y = 0; y < _header.Size; y += _chunkShape[1])
                {
                    for (int x = 0; x < _header.Size; x += _chunkShape[2])
                    {
                        WriteChunk(slices.Span, count, b, y, x);
                    }
                }
            }

            return true;
        });
        _next += count;
    }

    /// <summary>The mean over the bins that were written, [y, x]; NaN where there is none.</summary>
    public float[] Total() => [.. _sum.Zip(_measured, (sum, count) => count > 0 ? (float)(sum / count) : float.NaN)];

    /// <summary>Completes the file and gives it its name.</summary>
    /// <param name="noise">σ of <see cref="Total"/>, [y, x], NaN where there is none; empty where the header does not announce it (<see cref="VolumeHeader.HasNoise"/>).</param>
    /// <param name="findings">What the header announced as <see cref="VolumeHeader.Findings"/>, in that order.</param>
    /// <exception cref="ArgumentException">These are others, or the noise is.</exception>
    /// <exception cref="InvalidOperationException">Bins are missing.</exception>
    /// <exception cref="IOException">The disk is full or failed.</exception>
    public void Finish(float[] noise, params ReadOnlySpan<double> findings)
    {
        ArgumentNullException.ThrowIfNull(noise);
        if (noise.Length != (_header.HasNoise ? _header.PixelCount : 0))
        {
            throw new ArgumentException($"noise of {(_header.HasNoise ? _header.PixelCount : 0)} pixels was announced, not of {noise.Length}", nameof(noise));
        }

        if (findings.Length != _findings.Length)
        {
            throw new ArgumentException($"{_findings.Length} findings were announced, not {findings.Length}", nameof(findings));
        }

        double[] found = findings.ToArray();
        if (_next != _header.BinCount)
        {
            throw new InvalidOperationException($"{_next} of {_header.BinCount} bins were written");
        }

        Guard(() =>
        {
            _writer.Write(_total, Total().AsMemory());
            if (_noise is not null)
            {
                _writer.Write(_noise, noise.AsMemory());
            }

            for (int i = 0; i < found.Length; i++)
            {
                _writer.Write(_findings[i], found.AsMemory(i, 1));
            }

            _writer.Dispose();
            _part.Publish(_path, _overwrite);
            return true;
        });
    }

    /// <summary>Closes the file; unfinished, it is removed.</summary>
    public void Dispose() => _part.Dispose();

    private void Sum(ReadOnlySpan<float> slices, int count)
    {
        for (int i = 0; i < _sum.Length; i++)
        {
            foreach (float value in slices.Slice(i * count, count))
            {
                if (float.IsFinite(value))
                {
                    _sum[i] += value;
                    _measured[i]++;
                }
            }
        }
    }

    private void WriteChunk(ReadOnlySpan<float> slices, int count, int bin, int row, int column)
    {
        int bins = Math.Min(_chunkShape[0], count - bin);
        int rows = Math.Min(_chunkShape[1], _header.Size - row);
        int columns = Math.Min(_chunkShape[2], _header.Size - column);
        for (int y = 0; y < rows; y++)
        {
            for (int x = 0; x < columns; x++)
            {
                ReadOnlySpan<float> pattern = slices.Slice(((((row + y) * _header.Size) + column + x) * count) + bin, bins);
                int at = (y * columns) + x;
                for (int b = 0; b < bins; b++)
                {
                    _chunk[(b * rows * columns) + at] = pattern[b];
                }
            }
        }

        HyperslabSelection place = new(
            Rank, starts: [(ulong)(_next + bin), (ulong)row, (ulong)column], blocks: [(ulong)bins, (ulong)rows, (ulong)columns]);
        _writer.Write(_intensity, _chunk.AsMemory(0, bins * rows * columns), fileSelection: place);
    }

    private T Guard<T>(Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception fault) when (WriteFailure.IsFileFault(fault))
        {
            throw WriteFailure.Explain("the slices", _path, fault);
        }
    }
}
