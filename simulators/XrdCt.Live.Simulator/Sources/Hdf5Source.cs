using System.Numerics;
using PureHDF;
using PureHDF.Filters;
using PureHDF.Selections;
using PureHDF.VOL.Native;
using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Simulator.Sources;

/// <summary>The images of a stack [image, row, column] in an HDF5 file.</summary>
public sealed class Hdf5Source : IFrameSource, IDisposable
{
    private const string UsualPath = "/entry/data/data";

    // The library reads one file from one thread at a time.
    private readonly Lock _lock = new();
    private readonly NativeFile _file;
    private readonly IH5Dataset _stack;
    private readonly string _name;

    /// <summary>Opens a stack.</summary>
    /// <param name="address">File, and after <c>::</c> the path of the dataset; <c>/entry/data/data</c> if not given.</param>
    /// <exception cref="InvalidDataException">The file is no HDF5, or has no stack of numbers there; the message says which.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public Hdf5Source(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        string[] parts = address.Split("::", 2);
        string path = parts.Length == 2 ? parts[1] : UsualPath;
        _name = $"{parts[0]}::{path}";
        if (!File.Exists(parts[0]))
        {
            throw new FileNotFoundException($"{parts[0]} does not exist");
        }

        H5Filter.Register(new BitshuffleLz4Filter());
        try
        {
            _file = H5File.OpenRead(parts[0]);
            _stack = _file.Dataset(path);
        }
        catch (Exception e) when (e is not IOException and not UnauthorizedAccessException)
        {
            _file?.Dispose();
            throw new InvalidDataException($"{_name}: cannot be opened ({e.Message.TrimEnd('.')}); name FILE::/PATH of a stack of images", e);
        }

        ulong[] size = _stack.Space.Dimensions;
        if (size.Length != 3 || size.Any(n => n is 0 or > int.MaxValue) || size[1] * size[2] > int.MaxValue)
        {
            _file.Dispose();
            throw new InvalidDataException($"{_name}: [{string.Join(", ", size)}] is no stack [image, row, column]; name FILE::/PATH of one");
        }

        FrameCount = (int)size[0];
        Shape = new ImageShape((int)size[1], (int)size[2]);
        Type = TypeOf(_stack.Type) ?? throw Unsupported();
    }

    /// <inheritdoc/>
    public ImageShape Shape { get; }

    /// <inheritdoc/>
    public PixelType Type { get; }

    /// <inheritdoc/>
    public int FrameCount { get; }

    /// <inheritdoc/>
    public FrameFacts FactsOf(int index) => default;

    /// <inheritdoc/>
    public IFrameReader NewReader() => new Reader(this);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static PixelType? TypeOf(IH5DataType type) => (type.Class, type.Size) switch
    {
        (H5DataTypeClass.FixedPoint, 1) => type.FixedPoint.IsSigned ? PixelType.Int8 : PixelType.UInt8,
        (H5DataTypeClass.FixedPoint, 2) => type.FixedPoint.IsSigned ? PixelType.Int16 : PixelType.UInt16,
        (H5DataTypeClass.FixedPoint, 4) => type.FixedPoint.IsSigned ? PixelType.Int32 : PixelType.UInt32,
        _ => null,
    };

    private InvalidDataException Unsupported() =>
        new($"{_name}: only stacks of integers of 8 to 32 bits are supported; convert it");

    private void Read(int index, Span<int> pixels)
    {
        switch (Type)
        {
            case PixelType.Int8:
                Read<sbyte>(index, pixels);
                break;
            case PixelType.UInt8:
                Read<byte>(index, pixels);
                break;
            case PixelType.Int16:
                Read<short>(index, pixels);
                break;
            case PixelType.UInt16:
                Read<ushort>(index, pixels);
                break;
            case PixelType.Int32:
                Read<int>(index, pixels);
                break;
            default:
                Read<uint>(index, pixels);
                break;
        }
    }

    private void Read<T>(int index, Span<int> pixels)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        T[] image;
        try
        {
            lock (_lock)
            {
                HyperslabSelection frame = new(3, [(ulong)index, 0, 0], [1, (ulong)Shape.Rows, (ulong)Shape.Columns]);
                image = _stack.Read<T[]>(fileSelection: frame);
            }
        }
        catch (Exception e) when (e is not IOException)
        {
            throw new InvalidDataException($"{_name}: image {index} cannot be read ({e.Message.TrimEnd('.')}); store it plain, with gzip or with bitshuffle-LZ4", e);
        }

        bool isUnsigned = T.MinValue == T.Zero;
        for (int i = 0; i < pixels.Length; i++)
        {
            // Unsigned detectors flag pixels with the largest two values.
            pixels[i] = isUnsigned && image[i] >= T.MaxValue - T.One ? -int.CreateTruncating(T.MaxValue - image[i] + T.One)
                : int.CreateSaturating(image[i]);
        }
    }

    private sealed class Reader(Hdf5Source source) : IFrameReader
    {
        public void Read(int index, Span<int> pixels) => source.Read(index, pixels);
    }
}
