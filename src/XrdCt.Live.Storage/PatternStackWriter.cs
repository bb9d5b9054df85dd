using PureHDF;
using PureHDF.Selections;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Patterns;
using XrdCt.Live.Storage.Files;
using XrdCt.Live.Storage.Nexus;

namespace XrdCt.Live.Storage;

/// <summary>
/// Writes patterns of one plan into a NeXus HDF5 file, one after the other, however many there are: a chunk per dataset is held, and one byte
/// per frame. The file appears when it is finished. Not thread-safe.
/// </summary>
/// <remarks>
/// <c>/entry/data</c> (NXdata): <c>x</c> [bin], of 2D patterns <c>chi</c> [sector]; [frame, bin] or [frame, sector, bin], compressed:
/// <c>intensity</c>, <c>sigma</c> (standard error; also as <c>intensity_errors</c>), <c>mean</c> (of all pixels, before the filter),
/// counts; <c>spottiness</c> (mean / intensity); <c>n_eff</c> (effective number of pixels); <c>count</c> (pixels kept). By frame:
/// <c>source</c>, <c>is_integrated</c> (0 for a frame that failed or was not reached: its values are NaN, its counts 0), <c>monitor</c>.
/// <c>/entry/process/settings</c>: how they were made.
/// </remarks>
public sealed class PatternStackWriter : IDisposable
{
    private const string EntryName = "entry";
    private const string CountUnits = "counts";

    // A frame is read in one piece, and a chunk of 128 KiB packs as well as a larger one.
    private const int LargestChunk = 1 << 15;

    private readonly string _path;
    private readonly bool _overwrite;
    private readonly int[] _dimensions;
    private readonly PartFile _part;
    private readonly H5NativeWriter _writer;
    private readonly H5Dataset<Memory<float>> _intensity;
    private readonly H5Dataset<Memory<float>> _sigma;
    private readonly H5Dataset<Memory<float>> _mean;
    private readonly H5Dataset<Memory<float>> _spottiness;
    private readonly H5Dataset<Memory<float>> _effectiveCount;
    private readonly H5Dataset<Memory<int>> _count;
    private readonly H5Dataset<Memory<byte>> _integrated;
    private readonly byte[] _isIntegrated;
    private readonly float[] _values;
    private readonly int[] _counts;
    private int _row;

    /// <summary>Starts the file.</summary>
    /// <param name="path">Where it appears at the end; its folder is made where it does not exist.</param>
    /// <param name="layout">What is known of the patterns.</param>
    /// <param name="overwrite">Whether an existing file is replaced.</param>
    /// <exception cref="ArgumentException">There are no frames, or not one monitor for each.</exception>
    /// <exception cref="IOException">It cannot be written, or exists and must not be replaced; the message names it and the remedy.</exception>
    public PatternStackWriter(string path, PatternStackLayout layout, bool overwrite)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(layout);
        int frames = layout.Sources.Count;
        if (frames == 0 || (layout.Monitors is { } monitors && monitors.Count != frames))
        {
            throw new ArgumentException($"{frames} frames, at least 1 and a monitor for each are expected", nameof(layout));
        }

        _path = Path.GetFullPath(path);
        _overwrite = overwrite;
        _dimensions = layout.AzimuthAxis is { } azimuth
            ? [frames, azimuth.SectorCount, layout.Axis.BinCount]
            : [frames, layout.Axis.BinCount];
        _isIntegrated = new byte[frames];
        _values = new float[layout.PatternSize];
        _counts = new int[layout.PatternSize];
        _intensity = Stack<float>(CountUnits);
        _sigma = Stack<float>(CountUnits);
        _mean = Stack<float>(CountUnits);
        _spottiness = Stack<float>("");
        _effectiveCount = Stack<float>("pixels");
        _count = Stack<int>("pixels");
        _integrated = new H5Dataset<Memory<byte>>([(ulong)frames]);
        if (!overwrite && File.Exists(_path))
        {
            throw new IOException($"the patterns cannot be saved to '{_path}', because it exists: choose another name or allow overwriting");
        }

        H5File file = NexusNodes.Root(EntryName, layout.Program, TimeProvider.System.GetLocalNow());
        file[EntryName] = Entry(layout);
        _part = Guard(() =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            return PartFile.Start(_path, reuse: true);
        });
        _writer = file.BeginWrite(_part.Stream, NexusNodes.Options);
    }

    /// <summary>Frames that have not been written yet.</summary>
    public int RowsLeft => _isIntegrated.Length - _row;

    /// <summary>Writes the next frame.</summary>
    /// <param name="pattern">Its pattern; one that is not <see cref="FrameOutcome.Accepted"/> is written as missing.</param>
    /// <exception cref="ArgumentException">It has another size, or all frames are written.</exception>
    /// <exception cref="IOException">The disk is full or failed.</exception>
    public void Write(DiffractionPattern pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        if (pattern.BinCount != _values.Length || RowsLeft == 0)
        {
            throw new ArgumentException($"a pattern of {pattern.BinCount} values for one of {RowsLeft} rows of {_values.Length}", nameof(pattern));
        }

        if (pattern.Outcome != FrameOutcome.Accepted)
        {
            WriteMissing();
            return;
        }

        Guard(() =>
        {
            HyperslabSelection place = Place();
            WriteRow(_intensity, place, bin => (float)pattern.Intensity(bin));
            WriteRow(_sigma, place, bin => (float)pattern.Sigma(bin));
            WriteRow(_mean, place, bin => pattern.Mean[bin]);
            WriteRow(_spottiness, place, bin => (float)pattern.Spottiness(bin));
            WriteRow(_effectiveCount, place, bin => (float)pattern.EffectiveCount(bin));
            _writer.Write(_count, pattern.Count.AsMemory(), fileSelection: place);
            return true;
        });
        _isIntegrated[_row++] = 1;
    }

    /// <summary>Writes NaN for the next frame, which has no pattern.</summary>
    /// <exception cref="IOException">The disk is full or failed.</exception>
    public void WriteMissing()
    {
        ArgumentOutOfRangeException.ThrowIfZero(RowsLeft);
        Guard(() =>
        {
            HyperslabSelection place = Place();
            foreach (H5Dataset<Memory<float>> dataset in new[] { _intensity, _sigma, _mean, _spottiness })
            {
                WriteRow(dataset, place, _ => float.NaN);
            }

            WriteRow(_effectiveCount, place, _ => 0);
            Array.Clear(_counts);
            _writer.Write(_count, _counts.AsMemory(), fileSelection: place);
            return true;
        });
        _row++;
    }

    /// <summary>Writes the frames that are left as missing, completes the file and gives it its name.</summary>
    /// <exception cref="IOException">The disk is full or failed.</exception>
    public void Finish()
    {
        while (RowsLeft > 0)
        {
            WriteMissing();
        }

        Guard(() =>
        {
            _writer.Write(_integrated, _isIntegrated.AsMemory());
            _writer.Dispose();
            _part.Publish(_path, _overwrite);
            return true;
        });
    }

    /// <summary>Closes the file; unfinished, it is removed.</summary>
    public void Dispose() => _part.Dispose();

    private H5Group Entry(PatternStackLayout layout)
    {
        H5Group data = NexusNodes.Group("NXdata");
        data.Attributes["signal"] = "intensity";
        data.Attributes["axes"] = layout.AzimuthAxis is null ? new[] { ".", "x" } : [".", "chi", "x"];
        data.Attributes["interpretation"] = layout.AzimuthAxis is null ? "spectrum" : "image";
        data["x"] = NexusNodes.Vector(layout.Axis.Centres.ToArray(), RadialNames.Units(layout.Axis.Unit), RadialNames.Quantity(layout.Axis.Unit));
        if (layout.AzimuthAxis is { } azimuth)
        {
            data["chi"] = NexusNodes.Vector(azimuth.Centres_deg.ToArray(), "degree", "azimuth");
        }

        data["intensity"] = _intensity;
        data["sigma"] = _sigma;
        data["intensity_errors"] = _sigma;
        data["mean"] = _mean;
        data["spottiness"] = _spottiness;
        data["n_eff"] = _effectiveCount;
        data["count"] = _count;
        data["is_integrated"] = _integrated;
        data["source"] = layout.Sources.ToArray();
        if (layout.Monitors is { } monitors)
        {
            data["monitor"] = NexusNodes.Vector(monitors.ToArray(), "");
        }

        H5Group process = NexusNodes.Group("NXprocess");
        process["program"] = NexusNodes.Text(layout.Program);
        process["settings"] = NexusNodes.Text(string.Join('\n', layout.Settings));
        H5Group entry = NexusNodes.Group("NXentry");
        entry.Attributes["default"] = "data";
        entry["data"] = data;
        entry["process"] = process;
        return entry;
    }

    private H5Dataset<Memory<T>> Stack<T>(string units)
    {
        uint[] chunk = [.. _dimensions.Select(side => (uint)side)];
        chunk[0] = (uint)Math.Clamp(LargestChunk / _values.Length, 1, _dimensions[0]);
        H5Dataset<Memory<T>> stack = new([.. _dimensions.Select(side => (ulong)side)], chunk, NexusNodes.Compressed());
        NexusNodes.WithUnits(stack, units);
        return stack;
    }

    private HyperslabSelection Place()
    {
        ulong[] starts = new ulong[_dimensions.Length];
        starts[0] = (ulong)_row;
        return new HyperslabSelection(_dimensions.Length, starts, [1, .. _dimensions.Skip(1).Select(side => (ulong)side)]);
    }

    private void WriteRow(H5Dataset<Memory<float>> dataset, HyperslabSelection place, Func<int, float> value)
    {
        for (int bin = 0; bin < _values.Length; bin++)
        {
            _values[bin] = value(bin);
        }

        _writer.Write(dataset, _values.AsMemory(), fileSelection: place);
    }

    private T Guard<T>(Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception fault) when (WriteFailure.IsFileFault(fault))
        {
            throw WriteFailure.Explain("the patterns", _path, fault);
        }
    }
}
