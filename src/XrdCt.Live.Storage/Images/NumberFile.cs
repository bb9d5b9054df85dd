using System.Reflection;
using PureHDF;
using PureHDF.Selections;
using PureHDF.VOL.Native;
using XrdCt.Live.Storage.Hdf5;
using XrdCt.Live.Storage.Stacks;

namespace XrdCt.Live.Storage.Images;

/// <summary>An HDF5 file that arrays of numbers are read from whole. Every failure is an exception whose message begins with its name.</summary>
internal sealed class NumberFile : IDisposable
{
    // Corners of an Eiger 16M are 870 MB of float32; a claim beyond this must not cost memory.
    private const long LargestArray_bytes = 1L << 30;

    private readonly string _path;
    private readonly ChunkDecoder _decoder;
    private readonly LinkWalk _walk = new();
    private readonly Hdf5Metadata _file;
    private readonly List<NativeFile> _open = [];

    /// <summary>Opens a file.</summary>
    /// <exception cref="IOException">It is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no HDF5 file.</exception>
    public NumberFile(string path, ChunkDecoder decoder)
    {
        BitshuffleFilter.Register();
        _path = path;
        _decoder = decoder;
        _file = Guard("the file", () => _walk.Open(path));
    }

    /// <summary>The file, as it was named.</summary>
    public string Name => _path;

    /// <summary>Bytes of the file that an object is in, which a link may have led to; 0 where there is no such object.</summary>
    public long LengthOfFile(string path) => HeaderOf(path)?.File.Length ?? 0;

    /// <summary>The objects of the file and of those that it has links to, parents before children, with their paths.</summary>
    public IReadOnlyList<(ObjectHeader Node, string Path)> Nodes() => Guard("the file", () =>
        _walk.Nodes(_file, []).Select(n => (n.Place.Header, n.Path)).ToList());

    /// <summary>The dataset at a path; null where there is none.</summary>
    /// <exception cref="InvalidDataException">A link on the way leads nowhere; the message names it.</exception>
    public IH5Dataset? Find(string path) => Guard(path, () =>
        _walk.Find(_file, path, out string? why) is { } place ? Open(place) as IH5Dataset : why is null ? null : throw new InvalidDataException(why));

    /// <summary>Header of the group or dataset at a path; null where there is none, or a link on the way leads nowhere.</summary>
    public ObjectHeader? HeaderOf(string path) => Guard(path, () => _walk.Find(_file, path, out _)?.Header);

    /// <summary>Names of what a group holds, in order; none where there is no group at that path.</summary>
    public IReadOnlyList<string> NamesIn(string path) => Guard<string[]>(path, () =>
        _walk.Find(_file, path, out _) is { Header.IsGroup: true } place
            ? [.. _walk.LinksOf(place.Header).Keys.Order(StringComparer.Ordinal)]
            : []);

    /// <summary>Size of a dataset, without the length-1 axes in front of it (a stack of one image is an image).</summary>
    public long[] Dimensions(IH5Dataset dataset) => Trimmed(Guard("the file", () => dataset.Space.Dimensions));

    /// <summary>The same of what a header says; empty where it is no dataset.</summary>
    public long[] Dimensions(ObjectHeader node) =>
        node.IsDataset && Guard("the file", () => new DatasetHeader(node).Dimensions) is { } sides ? Trimmed(sides) : [];

    private static long[] Trimmed(ulong[] sides)
    {
        int first = 0;
        while (sides.Length - first > 2 && sides[first] == 1)
        {
            first++;
        }

        return [.. sides[first..].Select(side => (long)Math.Min(side, long.MaxValue))];
    }

    /// <summary>Reads all numbers of a dataset.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <param name="count">How many numbers it must have; checked by the caller against what it expects, so a bound of the memory.</param>
    /// <exception cref="InvalidDataException">It holds no numbers, has too many, or does not unpack.</exception>
    public double[] ReadDoubles(IH5Dataset dataset, string path, long count) => Read(dataset, path, count, x => x, x => x, x => (double)x);

    /// <inheritdoc cref="ReadDoubles"/>
    public float[] ReadSingles(IH5Dataset dataset, string path, long count) => Read(dataset, path, count, x => x, x => (float)x, x => (float)x);

    /// <summary>Like <see cref="ReadSingles"/>: true where a number is not zero.</summary>
    public bool[] ReadNonZero(IH5Dataset dataset, string path, long count) => Read(dataset, path, count, x => x != 0, x => x != 0, x => x != 0);

    /// <summary>An exception that says what is wrong with this file.</summary>
    public InvalidDataException Wrong(string what, Exception? inner = null) => new($"{_path}: {what}", inner);

    /// <summary>Does something with the file; whatever the HDF5 library throws means that the file is damaged or not what it should be.</summary>
    public T Guard<T>(string what, Func<T> read)
    {
        try
        {
            BitshuffleFilter.Use(_decoder);
            return read();
        }
        catch (InvalidDataException e) when (e.Message.StartsWith(_path, StringComparison.Ordinal))
        {
            throw;
        }
        catch (Exception e) when (Cause(e) is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            throw;
        }
        catch (Exception e) when (Cause(e) is not OutOfMemoryException)
        {
            throw Wrong($"{what} cannot be read as HDF5: {Cause(e).Message.TrimEnd('.')}", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _open.ForEach(f => f.Dispose());
        _walk.Dispose();
    }

    private static Exception Cause(Exception fault) => fault is TargetInvocationException { InnerException: { } inner } ? Cause(inner) : fault;

    // Committed types are neither; virtual datasets find their sources beside a file that has a name.
    private IH5Object? Open(ObjectPlace place)
    {
        if (!place.Header.IsGroup && !place.Header.IsDataset)
        {
            return null;
        }

        if (place.Header.IsDataset && new DatasetHeader(place.Header) is { IsVirtual: true } dataset)
        {
            VirtualSources.Check(_walk, dataset, place.Path);
            NativeFile named = H5File.OpenRead(place.Header.File.FilePath);
            _open.Add(named);
            return named.Get(place.Path);
        }

        (NativeFile file, IH5Object found) = SingleObjectStream.Open(place.Header.File, place);
        _open.Add(file);
        return found;
    }

    private T[] Read<T>(IH5Dataset dataset, string path, long count, Func<float, T> ofSingle, Func<double, T> ofDouble, Func<long, T> ofInteger) =>
        Guard(path, () =>
        {
            int size = dataset.Type.Size;
            long held = dataset.Space.Dimensions.Aggregate(1L, (product, side) => side > int.MaxValue || product > int.MaxValue ? long.MaxValue : product * (long)side);
            if (held != count || count * size > LargestArray_bytes || ChunkLength(dataset) * size > LargestArray_bytes)
            {
                throw Wrong($"{path} holds {held} numbers, expected {count}, and at most {LargestArray_bytes >> 20} MiB in all");
            }

            return (Class(dataset.Type), size) switch
            {
                (H5DataTypeClass.FloatingPoint, 4) => Map(Numbers<float>(), ofSingle),
                (H5DataTypeClass.FloatingPoint, 8) => Map(Numbers<double>(), ofDouble),
                (H5DataTypeClass.FixedPoint, 1) => IsSigned(dataset.Type) ? Map(Numbers<sbyte>(), x => ofInteger(x)) : Map(Numbers<byte>(), x => ofInteger(x)),
                (H5DataTypeClass.FixedPoint, 2) => IsSigned(dataset.Type) ? Map(Numbers<short>(), x => ofInteger(x)) : Map(Numbers<ushort>(), x => ofInteger(x)),
                (H5DataTypeClass.FixedPoint, 4) => IsSigned(dataset.Type) ? Map(Numbers<int>(), x => ofInteger(x)) : Map(Numbers<uint>(), x => ofInteger(x)),
                (H5DataTypeClass.FixedPoint, 8) => Map(Numbers<long>(), ofInteger),
                _ => throw Wrong($"{path} holds {dataset.Type.Class} of {size} bytes, not numbers: save integers, float32 or float64"),
            };

            TNumber[] Numbers<TNumber>()
                where TNumber : unmanaged
            {
                var numbers = new TNumber[count];
                ReadBySlabs((NativeDataset)dataset, numbers);
                return numbers;
            }
        });

    // PureHDF walks along the last axis and asks for a chunk again whenever it enters it: h5py cuts corners [1679, 1475, 4, 3] into chunks of one
    // coordinate each, which would be unpacked millions of times. All chunks of one slab of rows are kept instead, and then forgotten.
    private static void ReadBySlabs<T>(NativeDataset dataset, Span<T> numbers)
        where T : unmanaged
    {
        ulong[] sides = dataset.Space.Dimensions;
        if (dataset.Layout.Class != H5DataLayoutClass.Chunked || ((IH5DataLayout)dataset.Layout).Chunks is not { Length: > 0 } chunk)
        {
            dataset.Read(new H5DatasetAccess(), numbers);
            return;
        }

        ulong[] starts = new ulong[sides.Length];
        ulong[] blocks = [.. sides];
        int perRow = numbers.Length / (int)sides[0];
        long perSlab = sides.Zip(chunk).Skip(1).Aggregate(1L, (product, pair) => product * (long)(((pair.First - 1) / pair.Second) + 1));
        ulong slab_bytes = (ulong)perSlab * chunk.Aggregate((ulong)dataset.Type.Size, (product, side) => product * side);
        for (ulong row = 0; row < sides[0]; row += blocks[0])
        {
            (starts[0], blocks[0]) = (row, Math.Min(Math.Max(chunk[0], 1), sides[0] - row));
            H5DatasetAccess access = new(ChunkCache: new SimpleReadingChunkCache(chunkSlotCount: (int)Math.Min(perSlab, 1 << 20) + 1, byteCount: slab_bytes));
            dataset.Read(
                access,
                numbers.Slice((int)row * perRow, (int)blocks[0] * perRow),
                fileSelection: new HyperslabSelection(sides.Length, starts, blocks));
        }
    }

    // h5py writes numpy's bool as an enumeration of one byte.
    internal static H5DataTypeClass Class(IH5DataType type) =>
        type.Class == H5DataTypeClass.Enumerated && type.Size == 1 ? H5DataTypeClass.FixedPoint : type.Class;

    private static bool IsSigned(IH5DataType type) => type.Class == H5DataTypeClass.FixedPoint && type.FixedPoint.IsSigned;

    private static long ChunkLength(IH5Dataset dataset)
    {
        if (dataset.Layout.Class != H5DataLayoutClass.Chunked)
        {
            return 0;
        }

        return (dataset.Layout.Chunks ?? []).Aggregate(1L, (product, side) => side > int.MaxValue || product > int.MaxValue ? int.MaxValue : product * (long)side);
    }

    private static TOut[] Map<TIn, TOut>(TIn[] numbers, Func<TIn, TOut> convert)
    {
        if (numbers is TOut[] same)
        {
            return same;
        }

        var mapped = new TOut[numbers.Length];
        for (int i = 0; i < mapped.Length; i++)
        {
            mapped[i] = convert(numbers[i]);
        }

        return mapped;
    }
}
