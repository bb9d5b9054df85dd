using XrdCt.Live.Phantoms;

namespace XrdCt.Live.Simulator.Streaming;

/// <summary>
/// Which frames are sent, in which order and with which damage; follows from options and seed. Immutable.
/// </summary>
public sealed class FaultPlan
{
    // A repeated frame follows its first copy within this many places when nothing else is shuffled.
    private const int RepeatReach = 8;

    /// <summary>Draws a plan.</summary>
    /// <param name="frameCount">Frames of the scan.</param>
    /// <param name="options">What should go wrong.</param>
    /// <param name="seed">Seed of the draw.</param>
    /// <exception cref="ArgumentException">A share outside 0…100 %, a negative window, or an index outside the
    /// scan.</exception>
    public FaultPlan(int frameCount, FaultOptions options, long seed)
    {
        ArgumentNullException.ThrowIfNull(options);
        Check(frameCount, options);
        SeededRandom random = new(seed, 5);
        Options = options;
        int[] candidates = [.. Enumerable.Range(0, frameCount).Where(i => !IsSpecial(i, options))];
        Shuffle(ref random, candidates);
        int dropCount = Math.Min(candidates.Length, Count(frameCount, options.Drop_percent));
        int repeatCount = Math.Min(candidates.Length - dropCount, Count(frameCount, options.Repeat_percent));
        Dropped = [.. candidates.Take(dropCount).Order()];
        Repeated = [.. candidates.Skip(dropCount).Take(repeatCount).Order()];
        int flipCount = Math.Min(candidates.Length - dropCount - repeatCount, Count(frameCount, options.Flip_percent));
        Flipped = [.. candidates.Skip(dropCount + repeatCount).Take(flipCount).Order()];
        Deliveries = Arrange(ref random, frameCount);
    }

    /// <summary>What should go wrong.</summary>
    public FaultOptions Options { get; }

    /// <summary>Frames to send, in order; <see cref="FaultOptions.DieAt"/> is not applied here.</summary>
    public IReadOnlyList<Delivery> Deliveries { get; }

    /// <summary>Indices that are never sent, rising.</summary>
    public IReadOnlyList<int> Dropped { get; }

    /// <summary>Indices that are sent twice, rising.</summary>
    public IReadOnlyList<int> Repeated { get; }

    /// <summary>Indices that are sent with one wrong bit, rising.</summary>
    public IReadOnlyList<int> Flipped { get; }

    private static int Count(int frameCount, double percent) => (int)Math.Round(frameCount * percent / 100);

    private static bool IsSpecial(int index, FaultOptions options) =>
        index == options.TruncateFrame || index == options.WrongSizeFrame
        || index == options.SecondHeaderAt || index == options.DieAt || index == options.PauseAt;

    private static void Check(int frameCount, FaultOptions options)
    {
        double[] shares = [options.Drop_percent, options.Repeat_percent, options.Flip_percent];
        if (shares.Any(s => s is not (>= 0 and <= 100)))
        {
            throw new ArgumentException(
                "the shares of dropped, of repeated and of flipped frames must be 0 to 100 percent", nameof(options));
        }

        if (options.ShuffleWindow < 0)
        {
            throw new ArgumentException("the shuffle window must not be negative", nameof(options));
        }

        int?[] indices =
            [options.TruncateFrame, options.WrongSizeFrame, options.SecondHeaderAt, options.DieAt, options.PauseAt];
        foreach (int? index in indices)
        {
            if (index < 0 || index >= frameCount)
            {
                throw new ArgumentException(
                    $"frame {index} for a fault lies outside the scan of {frameCount} frames (0 to {frameCount - 1})",
                    nameof(options));
            }
        }
    }

    private static void Shuffle(ref SeededRandom random, int[] values)
    {
        for (int i = values.Length - 1; i > 0; i--)
        {
            int j = random.NextIndex(i + 1);
            (values[i], values[j]) = (values[j], values[i]);
        }
    }

    private List<Delivery> Arrange(ref SeededRandom random, int frameCount)
    {
        HashSet<int> dropped = [.. Dropped];
        HashSet<int> repeated = [.. Repeated];
        HashSet<int> flipped = [.. Flipped];
        List<(double Place, Delivery Delivery)> queue = new(frameCount + Repeated.Count);
        double window = Options.ShuffleWindow > 1 ? Options.ShuffleWindow - 0.5 : 0;
        for (int i = 0; i < frameCount; i++)
        {
            if (dropped.Contains(i))
            {
                continue;
            }

            DeliveryKind kind = i == Options.TruncateFrame ? DeliveryKind.Truncated
                : i == Options.WrongSizeFrame ? DeliveryKind.WrongSize
                : flipped.Contains(i) ? DeliveryKind.Flipped
                : DeliveryKind.Good;
            double place = i + (window * random.NextUnit());
            queue.Add((place, new Delivery(i, kind)));
            if (repeated.Contains(i))
            {
                double later = random.NextBetween(0.5, Math.Max(window, RepeatReach));
                queue.Add((place + later, new Delivery(i, kind)));
            }
        }

        // OrderBy is stable, so equal places keep the order of the frames.
        return [.. queue.OrderBy(q => q.Place).Select(q => q.Delivery)];
    }
}
