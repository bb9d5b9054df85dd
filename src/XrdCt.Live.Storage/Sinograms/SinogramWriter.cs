using PureHDF;
using PureHDF.Selections;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Storage.Files;
using XrdCt.Live.Storage.Nexus;

namespace XrdCt.Live.Storage.Sinograms;

/// <summary>
/// Writes a sinogram as NXxrdct or as nDTomo has it, some bins at a time: a chunk is held, and a byte per cell. The file appears when it is
/// finished. Not thread-safe.
/// </summary>
/// <remarks>
/// Intensities are [translation, rotation, bin] in both, float32, NaN where unmeasured, in chunks of 16 × 16 cells × 64 bins with shuffle and
/// deflate, which every HDF5 library opens.
/// <para>nDTomo: at the root <c>data</c>; <c>tth</c> (degrees; <c>twotheta</c> is the same), <c>q</c> (Å⁻¹), <c>d</c> (Å) or <c>xaxis</c>;
/// <c>omega</c> (degrees); <c>translations</c> (mm); <c>slow_axis_steps</c> and <c>fast_axis_steps</c>; <c>energy</c> (keV); and what nDTomo does
/// not look at: <c>coverage</c> (1 = measured), <c>monitor</c>, <c>title</c>, <c>creator</c>. Not <c>diode</c>: nDTomo would divide by it.</para>
/// <para>NXxrdct: <c>/entry</c> with <c>data</c>, <c>sample</c>, <c>instrument</c>, <c>beam</c>, <c>control</c> and <c>process</c>.</para>
/// </remarks>
public sealed class SinogramWriter : IDisposable
{
    /// <summary>Bins of a chunk; ranges that are written begin at a multiple of it.</summary>
    public const int BinsPerChunk = 64;

    private const int CellsPerChunk = 16;
    private const int Rank = 3;

    private readonly string _path;
    private readonly bool _overwrite;
    private readonly SinogramHeader _header;
    private readonly H5Dataset<Memory<float>> _intensity;
    private readonly H5Dataset<Memory<byte>> _coverage;
    private readonly int[] _chunkShape;
    private readonly float[] _chunk;
    private readonly byte[] _isMeasured;
    private readonly PartFile _part;
    private readonly H5NativeWriter _writer;
    private int _next;

    /// <summary>Starts the file.</summary>
    /// <param name="path">Where it appears at the end; its folder is made where it does not exist.</param>
    /// <param name="layout"><see cref="SinogramLayout.Nxxrdct"/> or <see cref="SinogramLayout.NDTomo"/>.</param>
    /// <param name="header">Axes of the sinogram.</param>
    /// <param name="program">Name and version of this program.</param>
    /// <param name="overwrite">Whether an existing file is replaced.</param>
    /// <exception cref="ArgumentException">The layout is another.</exception>
    /// <exception cref="IOException">It cannot be written, or exists and must not be replaced; the message names it and the remedy.</exception>
    public SinogramWriter(string path, SinogramLayout layout, SinogramHeader header, string program, bool overwrite)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(header);
        if (layout is not (SinogramLayout.Nxxrdct or SinogramLayout.NDTomo))
        {
            throw new ArgumentException($"sinograms are written as {SinogramLayout.Nxxrdct} or {SinogramLayout.NDTomo}, not {layout}", nameof(layout));
        }

        (_path, _overwrite, _header) = (Path.GetFullPath(path), overwrite, header);
        if (!overwrite && File.Exists(_path))
        {
            throw new IOException($"the sinogram cannot be saved to '{_path}', because it exists: choose another name or allow overwriting");
        }

        _chunkShape =
        [
            Math.Min(CellsPerChunk, header.TranslationCount), Math.Min(CellsPerChunk, header.RotationCount), Math.Min(BinsPerChunk, header.BinCount),
        ];
        _chunk = new float[_chunkShape[0] * _chunkShape[1] * _chunkShape[2]];
        _isMeasured = new byte[header.CellCount];
        ulong[] sides = [(ulong)header.TranslationCount, (ulong)header.RotationCount, (ulong)header.BinCount];
        _intensity = new H5Dataset<Memory<float>>(sides, [.. _chunkShape.Select(c => (uint)c)], NexusNodes.Compressed());
        _coverage = new H5Dataset<Memory<byte>>(sides[..2]);
        H5File file = layout == SinogramLayout.NDTomo
            ? NDTomoTree.Build(header, program, _intensity, _coverage)
            : NxxrdctTree.Build(header, program, _intensity, _coverage);
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

    /// <summary>Writes the next bins.</summary>
    /// <param name="values">[rotation, translation, bin]; NaN where unmeasured.</param>
    /// <param name="count">How many bins: a multiple of <see cref="BinsPerChunk"/>, or all that are left.</param>
    /// <exception cref="ArgumentException">It is another number, or there are too few values.</exception>
    /// <exception cref="IOException">The disk is full or failed.</exception>
    public void Write(ReadOnlyMemory<float> values, int count)
    {
        int left = _header.BinCount - _next;
        if (count < 1 || count > left || (count % BinsPerChunk != 0 && count != left))
        {
            throw new ArgumentException($"{count} bins for {left} that are left, in chunks of {BinsPerChunk}", nameof(count));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(values.Length, (long)_header.CellCount * count, nameof(values));
        Guard(() =>
        {
            for (int t = 0; t < _header.TranslationCount; t += _chunkShape[0])
            {
                for (int r = 0; r < _header.RotationCount; r += _chunkShape[1])
                {
                    for (int b = 0; b < count; b += _chunkShape[2])
                    {
                        WriteChunk(values.Span, count, t, r, b);
                    }
                }
            }

            return true;
        });
        _next += count;
    }

    /// <summary>Completes the file and gives it its name.</summary>
    /// <exception cref="InvalidOperationException">Bins are missing.</exception>
    /// <exception cref="IOException">The disk is full or failed.</exception>
    public void Finish()
    {
        if (_next != _header.BinCount)
        {
            throw new InvalidOperationException($"{_next} of {_header.BinCount} bins were written");
        }

        Guard(() =>
        {
            _writer.Write(_coverage, _isMeasured.AsMemory());
            _writer.Dispose();
            _part.Publish(_path, _overwrite);
            return true;
        });
    }

    /// <summary>Closes the file; unfinished, it is removed.</summary>
    public void Dispose() => _part.Dispose();

    private void WriteChunk(ReadOnlySpan<float> values, int count, int translation, int rotation, int bin)
    {
        int translations = Math.Min(_chunkShape[0], _header.TranslationCount - translation);
        int rotations = Math.Min(_chunkShape[1], _header.RotationCount - rotation);
        int bins = Math.Min(_chunkShape[2], count - bin);
        Span<float> to = _chunk;
        for (int t = translation; t < translation + translations; t++)
        {
            for (int r = rotation; r < rotation + rotations; r++)
            {
                ReadOnlySpan<float> pattern = values.Slice((((r * _header.TranslationCount) + t) * count) + bin, bins);
                pattern.CopyTo(to);
                to = to[bins..];
                if (pattern.ContainsAnyExcept(float.NaN))
                {
                    _isMeasured[(t * _header.RotationCount) + r] = 1;
                }
            }
        }

        HyperslabSelection place = new(
            Rank,
            starts: [(ulong)translation, (ulong)rotation, (ulong)(_next + bin)],
            blocks: [(ulong)translations, (ulong)rotations, (ulong)bins]);
        _writer.Write(_intensity, _chunk.AsMemory(0, translations * rotations * bins), fileSelection: place);
    }

    private T Guard<T>(Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception fault) when (WriteFailure.IsFileFault(fault))
        {
            throw WriteFailure.Explain("the sinogram", _path, fault);
        }
    }
}
