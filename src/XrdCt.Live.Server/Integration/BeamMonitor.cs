using System.Globalization;
using XrdCt.Live.Ingest.Files;
using XrdCt.Live.Server.Configuration;
using XrdCt.Live.Server.Conversion;
using XrdCt.Live.Storage.Stacks;

namespace XrdCt.Live.Server.Integration;

/// <summary>
/// The beam during each frame of a run. Intensities are divided by value / reference, so that they are those of the reference beam; a frame
/// whose value is not above 0 has no intensity.
/// </summary>
internal sealed class BeamMonitor
{
    private readonly string _name;

    private BeamMonitor(string name, double[] values, double? reference)
    {
        _name = name;
        Values = values;
        double[] usable = [.. values.Where(IsUsable).Order()];
        Reference = usable.Length > 0
            ? reference ?? usable[usable.Length / 2]
            : throw new UserException($"{name}: no frame of the run has a beam monitor above 0: check that the file belongs to these frames");
    }

    /// <summary>Values, one per frame of the run; NaN where there is none.</summary>
    public IReadOnlyList<double> Values { get; }

    /// <summary>What the values are divided by: the one asked for, else their median (the upper of two), those not above 0 left out.</summary>
    public double Reference { get; }

    /// <summary>Where they are from, for people.</summary>
    public string Description => $"{_name}, divided by {Reference.ToString("R", CultureInfo.InvariantCulture)}";

    /// <summary>Reads the values of a run.</summary>
    /// <param name="word">A text, CSV or NPY file; <c>FILE::/dataset</c>; or <c>/dataset</c> in the HDF5 files of the frames.</param>
    /// <param name="frames">The frames; one value for each frame of the files is expected, before a range is taken out of them.</param>
    /// <param name="reference">What the values are divided by; null for their median.</param>
    /// <exception cref="UserException">They cannot be read, are too many, or none is above 0.</exception>
    public static BeamMonitor Read(string word, FrameSequence frames, double? reference)
    {
        if (reference is double wanted && !IsUsable(wanted))
        {
            throw UserException.WrongUse($"--monitor-reference must be above 0, not {wanted.ToString(CultureInfo.InvariantCulture)}");
        }

        try
        {
            double[] all = ReadAll(word, frames);
            if (all.Length > frames.TotalCount)
            {
                throw new UserException($"{word} has {all.Length} values for {frames.TotalCount} frames: give the file that belongs to them");
            }

            double[] values = [.. Enumerable.Range(frames.First, frames.Count).Select(i => i < all.Length ? all[i] : double.NaN)];
            return new BeamMonitor(word, values, reference);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or InvalidDataException)
        {
            throw new UserException(SetUp.Sentence(e), e);
        }
    }

    /// <summary>Why a frame cannot be normalised, a sentence; null where it can.</summary>
    public string? Refusal(int frame) => IsUsable(Values[frame])
        ? null
        : $"the beam monitor of frame {frame} in {_name} is {(double.IsNaN(Values[frame]) ? "missing" : Values[frame].ToString("R", CultureInfo.InvariantCulture))}, so that it cannot be normalised";

    /// <summary>Value of a frame over the reference.</summary>
    public double Relative(int frame) => Values[frame] / Reference;

    private static bool IsUsable(double value) => value > 0 && double.IsFinite(value);

    private static double[] ReadAll(string word, FrameSequence frames)
    {
        if (File.Exists(word))
        {
            return NumberColumn.Read(word, "monitor");
        }

        FrameArgument place = FrameArgument.Expand(word).First();
        if (place.Dataset is string dataset)
        {
            return NumberDataset.Read(place.Path, dataset, ChunkUnpacking.Unpack);
        }

        // A dataset of the frames' own files, each of which has its share.
        return word.StartsWith('/')
            ? [.. Enumerable.Range(0, frames.FileCount).SelectMany(f => Share(NumberDataset.Read(frames.File(f).Path, word, ChunkUnpacking.Unpack), frames, f))]
            : throw new UserException($"the beam monitor {word} does not exist: give a file, FILE::/dataset, or /dataset of the frames' HDF5 files");
    }

    // Values that are missing at the end of one file must not move those of the next.
    private static IEnumerable<double> Share(double[] values, FrameSequence frames, int file)
    {
        int count = frames.CountIn(file);
        return values.Length <= count
            ? values.Concat(Enumerable.Repeat(double.NaN, count - values.Length))
            : throw new UserException($"{frames.File(file)} has {values.Length} beam monitor values for {count} frames: name the dataset that belongs to them");
    }
}
