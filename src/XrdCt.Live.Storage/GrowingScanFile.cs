using System.Globalization;
using PureHDF;
using XrdCt.Live.Model.Ports;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Storage.Files;
using XrdCt.Live.Storage.Hdf5;
using XrdCt.Live.Storage.Nexus;

namespace XrdCt.Live.Storage;

/// <summary>
/// The NXxrdct file of a scan that is under way, <c>TITLE_yyyyMMdd-HHmmss.growing.nxs</c> beside the result to be: of its layout and full
/// size from the start, every cell NaN until it is measured, and filled in place. So it opens at any moment, in everything that reads HDF5, with
/// SWMR or without, and stays whole when the process is killed. Not thread-safe.
/// </summary>
/// <remarks>
/// Unlike the result it is not compressed (4 bytes per cell and bin, 514 MB for 251 × 250 × 2,048): patterns come in any order, and a
/// compressed chunk that is written twice leaves its first place behind as waste. What needs the whole scan stands in the result
/// only: the findings of the stage and the axis as far as they are sentences, the ROI candidates, the corrections and the transmission.
/// </remarks>
public sealed class GrowingScanFile : IGrowingFile
{
    /// <summary>End of its name.</summary>
    public const string Extension = ".growing.nxs";

    private const string Ending = "under way: this file is filled while the scan runs, and makes way for the result";
    private const string InTheResult = "stands in the result";

    private const string Intensity = "entry/data/intensity";
    private const string Frames = "entry/frames/intensity";

    // Intensity, variance and count in the journal, intensity here, raw and corrected in the result, which noise hardly lets shrink: 4 bytes each.
    private const int ValuesPerBin = 6;

    // Nothing corrected, but the frames before they are brought onto the grid, in both files.
    private const int ValuesPerBinOfFrames = 7;

    private readonly string _folder;
    private readonly string? _leftOver;
    private readonly Func<string, long> _free_bytes;
    private MadeFile? _made;

    /// <summary>Sets it up; nothing is made yet.</summary>
    /// <param name="folder">Folder of the results; made when needed.</param>
    /// <exception cref="ArgumentException">The folder name is empty.</exception>
    public GrowingScanFile(string folder)
        : this(folder, leftOver: null, Free_bytes)
    {
    }

    /// <summary>The same, for tests, on a disk with so much room.</summary>
    internal GrowingScanFile(string folder, Func<string, long> free_bytes)
        : this(folder, leftOver: null, free_bytes)
    {
    }

    private GrowingScanFile(string folder, string? leftOver, Func<string, long> free_bytes)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        _folder = System.IO.Path.GetFullPath(folder);
        _leftOver = leftOver is null ? null : System.IO.Path.Combine(_folder, leftOver);
        _free_bytes = free_bytes;
    }

    /// <inheritdoc/>
    public string? Path { get; private set; }

    /// <summary>Is told the path when there is a file; once, although it may be made anew. Called by the thread that shows.</summary>
    public Action<string> Made { get; set; } = _ => { };

    /// <summary>Sets it up for a scan that another process began: what that one may have left makes way, or goes with the result.</summary>
    /// <param name="folder">Folder of the results.</param>
    /// <param name="scan">The scan.</param>
    /// <param name="startedAt">When it began.</param>
    /// <exception cref="ArgumentException">The folder name is empty.</exception>
    public static GrowingScanFile Continued(string folder, ScanDescription scan, DateTimeOffset startedAt) =>
        new(folder, NameOf(scan, startedAt, 1), Free_bytes);

    /// <inheritdoc/>
    public bool Show(ScanRecord scan, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(scan);
        string path = Path ?? PathOf(scan, 1);
        try
        {
            bool isNew = _made?.Fits(scan) is not true;
            if (isNew)
            {
                path = Path ?? FreePath(scan);
                Make(scan, path, cancel);
            }

            Update(_made!, scan);
            return isNew;
        }
        catch (Exception fault) when (WriteFailure.IsFileFault(fault))
        {
            throw WriteFailure.Explain("the growing file", path, fault);
        }
    }

    /// <inheritdoc/>
    public void Write(PlacedCell cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        MadeFile made = _made ?? throw new InvalidOperationException("there is no growing file yet");
        ScanPlan plan = made.Scan.Description.Plan;
        try
        {
            if (made.Scan.Regridding is null)
            {
                WriteCell(made, cell, ((long)cell.Cell.Translation * plan.RotationCount) + cell.Cell.Rotation);
            }
            else
            {
                WriteFrame(made.Values, cell, ((long)cell.Cell.Rotation * plan.TranslationCount) + cell.Cell.Translation);
            }
        }
        catch (Exception fault) when (WriteFailure.IsFileFault(fault))
        {
            throw WriteFailure.Explain("the growing file", Path!, fault);
        }
    }

    /// <inheritdoc/>
    public void Remove()
    {
        Dispose();
        if ((Path ?? _leftOver) is string path)
        {
            Path = null;
            Delete(path);
            Delete(path + PartFile.Suffix);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _made?.Values.Dispose();
        _made = null;
    }

    private static string NameOf(ScanDescription scan, DateTimeOffset startedAt, int number) =>
        ResultName.Numbered(ResultName.Stem(scan, startedAt), number, Extension);

    private string PathOf(ScanRecord scan, int number) => System.IO.Path.Combine(_folder, NameOf(scan.Description, scan.StartedAt, number));

    private static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
            // Neither is the file there.
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"'{path}' cannot be removed: {e.Message}", e);
        }
    }

    private static void WriteCell(MadeFile made, PlacedCell cell, long at)
    {
        PlacedValues values = made.Values;
        values.Write<float>(Intensity, cell.Intensity, at * cell.Intensity.Length);
        values.Write<float>("entry/control/data", [cell.Monitor], at);
        if (made.Scan.Positions is not null)
        {
            values.Write<double>("entry/positions/translation", [cell.Translation_mm], at);
            values.Write<double>("entry/positions/rotation", [cell.Rotation_deg], at);
        }

        // Last, so that whoever reads a 1 here finds the pattern.
        values.Write<byte>("entry/data/coverage", [cell.IsMeasured ? (byte)1 : (byte)0], at);
    }

    // Where positions decide, a stack holds frame after frame, and what the cells of the grid are is known when the last has come.
    private static void WriteFrame(PlacedValues values, PlacedCell cell, long frame)
    {
        values.Write<float>(Frames, cell.Intensity, frame * cell.Intensity.Length);
        values.Write<double>("entry/frames/translation", [cell.Translation_mm], frame);
        values.Write<double>("entry/frames/rotation", [cell.Rotation_deg], frame);
        values.Write<double>("entry/frames/monitor", [cell.Monitor], frame);
    }

    private static long Free_bytes(string folder) => new DriveInfo(folder).AvailableFreeSpace;

    private string FreePath(ScanRecord scan)
    {
        for (int number = 1; number < ResultName.MostNumbers; number++)
        {
            string path = PathOf(scan, number);
            if (path == _leftOver || (!File.Exists(path) && !File.Exists(path + PartFile.Suffix)))
            {
                return path;
            }
        }

        throw new IOException($"all names up to number {ResultName.MostNumbers} are taken");
    }

    private void Make(ScanRecord scan, string path, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        Directory.CreateDirectory(_folder);
        CheckRoom(scan.Sinogram, scan.Regridding is null ? ValuesPerBin : ValuesPerBinOfFrames);
        ScanRecord empty = Empty(scan);
        ScanTree tree = ScanTree.Growing(empty);
        using PartFile part = PartFile.Start(path, reuse: true);
        H5NativeWriter writer = tree.File.BeginWrite(part.Stream, NexusNodes.Options);
        writer.Dispose();
        part.Stream.Dispose();
        PlacedValues values = new(path + PartFile.Suffix);
        try
        {
            values.Fill(Intensity, float.NaN, cancel);
            if (empty.Regridding is not null)
            {
                values.Fill(Frames, float.NaN, cancel);
            }

            part.Publish(path, overwrite: true);
        }
        catch
        {
            values.Dispose();
            throw;
        }

        Dispose();
        _made = new MadeFile(empty, values, tree.ChannelGroups);
        if (Path is null)
        {
            Path = path;
            Made(path);
        }
    }

    // A scan whose journal or result finds no room because of this file would be a bad bargain.
    private void CheckRoom(SinogramStack sinogram, int valuesPerBin)
    {
        long needed_bytes = (long)sinogram.Plan.CellCount * sinogram.BinCount * valuesPerBin * sizeof(float);
        long free_bytes = _free_bytes(_folder);
        if (free_bytes < needed_bytes)
        {
            throw new IOException(string.Create(
                CultureInfo.InvariantCulture,
                $"{free_bytes / 1e9:0.0} GB are free and {needed_bytes / 1e9:0.0} GB are needed together with the journal and the result"));
        }
    }

    // What is written in place comes with the cells or with the update; what cannot be, because it has no size of its own, is left to the result.
    private static ScanRecord Empty(ScanRecord scan)
    {
        int cells = scan.Sinogram.Plan.CellCount;
        return scan with
        {
            Description = scan.Description with { Plan = scan.Sinogram.Plan },
            Ending = Ending,
            Monitor = [.. Enumerable.Repeat(float.NaN, cells)],
            Positions = scan.Positions is null && scan.Regridding is null ? null : new RecordedPositions(Unknown(), Unknown()),
            Regridding = scan.Regridding is null ? null : new Regridding(new int[cells + 1], [], [], new float[cells]),
            Unmatched = null,
            Corrected = null,
            Reconstruction = null,
            Transmission = null,
            Stage = StageFindings.None with { Sentence = InTheResult },
            Axis = AxisFindings.None with { Status = InTheResult },
            Roi = new RoiSuggestion([], InTheResult),
        };

        double[] Unknown() => [.. Enumerable.Repeat(double.NaN, cells)];
    }

    private static void Update(MadeFile made, ScanRecord scan)
    {
        PlacedValues values = made.Values;
        values.Write<double>("entry/mean_pattern/intensity", scan.Mean.Intensity);
        values.Write<double>("entry/mean_pattern/sigma", scan.Mean.Sigma);
        values.Write<long>("entry/mean_pattern/count", scan.Mean.Count);
        foreach (SinogramMap sinogram in scan.ChannelSinograms)
        {
            values.Write<float>($"entry/live/{made.ChannelGroups[sinogram.Channel]}/sinogram", sinogram.Values);
        }

        foreach (SliceMap slice in scan.Slices)
        {
            string group = $"entry/live/{made.ChannelGroups[slice.Channel]}";
            values.Write<float>($"{group}/slice", slice.Values);
            values.Write($"{group}/projection_count", slice.ProjectionCount);
        }

        foreach ((string name, long count) in ScanTree.CountsOf(scan.Counters))
        {
            values.Write($"entry/counters/{name}", count);
        }

        values.Write("entry/control/reference", scan.MonitorReference);
        if (scan.Regridding is null)
        {
            values.Write("entry/control/integral", scan.Monitor.Where(float.IsFinite).Sum(v => (double)v));
        }

        values.Write("entry/stage/line_shift_applied", scan.Stage.AppliedShift_px);
        values.Write("entry/centre_of_rotation/offset_applied", scan.Axis.AppliedOffset_px);
    }

    private sealed record MadeFile(ScanRecord Scan, PlacedValues Values, IReadOnlyDictionary<string, string> ChannelGroups)
    {
        // Whether the file has a place for all that comes up while a scan runs.
        public bool Fits(ScanRecord scan) =>
            Scan.Description.Plan.Path == scan.Sinogram.Plan.Path
            && Scan.Positions is null == (scan.Positions is null && scan.Regridding is null)
            && Scan.Series is null == scan.Series is null;
    }
}
