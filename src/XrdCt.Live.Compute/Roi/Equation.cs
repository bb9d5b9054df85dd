namespace XrdCt.Live.Compute.Roi;

/// <summary>
/// The estimating equation <c>Σ z·ψ(u) = 0</c> of a registration at one place, solved for the change of the parameters, with the covariance
/// of the solution. u are the residuals over their robust standard deviation, z the instruments, ψ Huber's function.
/// </summary>
internal sealed class Equation
{
    // Huber's constant: 95 % efficiency where there are no outliers.
    private const double Huber_sigma = 1.345;

    // Sums over projections this many apart in order of angle may go together.
    private const int Lags = 5;

    private Equation(double[] change, double[,] covariance, double[,] naive) => (Change, Covariance, Naive) = (change, covariance, naive);

    /// <summary>Change of each parameter that solves the linearised equation.</summary>
    public double[] Change { get; }

    /// <summary>Covariance, neighbouring residuals going together as they do.</summary>
    public double[,] Covariance { get; }

    /// <summary>Covariance as if all residuals were independent.</summary>
    public double[,] Naive { get; }

    /// <summary>Sums over the rays of the overlap.</summary>
    /// <param name="overlap">The overlap, evaluated.</param>
    /// <param name="active">Which parameters are fitted.</param>
    /// <returns>Null where they cannot be told apart.</returns>
    public static Equation? Of(RoiOverlap overlap, int[] active)
    {
        int n = active.Length;
        var weighted = new double[n, n];
        var slope = new double[n, n];
        var alone = new double[n, n];
        double[] sigmas = overlap.Sigmas();
        double[][] scores = [.. Enumerable.Range(0, overlap.RotationCount).Select(_ => new double[n])];
        foreach (RoiOverlap.Ray ray in overlap.Rays)
        {
            double sigma = sigmas[ray.Channel];
            double u = ray.Residual / sigma;
            double clipped = Math.Clamp(u, -Huber_sigma, Huber_sigma);
            double weight = u == clipped ? 1 : clipped / u;
            for (int i = 0; i < n; i++)
            {
                double z = ray.Instrument(active[i]) / sigma;
                scores[ray.Order][i] += z * clipped;
                for (int k = 0; k < n; k++)
                {
                    double change = z * ray.Derivative(active[k]) / sigma;
                    weighted[i, k] += weight * change;
                    slope[i, k] += u == clipped ? change : 0;
                    alone[i, k] += z * ray.Instrument(active[k]) / sigma * clipped * clipped;
                }
            }
        }

        // Steps with the weights (iteratively reweighted least squares, which does not overshoot), uncertainties with ψ′.
        if (SmallMatrix.Inverse(weighted) is not double[,] step || SmallMatrix.Inverse(slope) is not double[,] inverse)
        {
            return null;
        }

        double[] total = new double[n];
        foreach (double[] score in scores)
        {
            for (int i = 0; i < n * n; i++)
            {
                total[i / n] -= step[i / n, i % n] * score[i % n];
            }
        }

        return new Equation(total, SmallMatrix.Sandwich(inverse, Together(scores, n)), SmallMatrix.Sandwich(inverse, alone));
    }

    private static double[,] Together(double[][] scores, int n)
    {
        var together = new double[n, n];
        for (int lag = 0; lag <= Lags; lag++)
        {
            double weight = 1 - (lag / (Lags + 1.0));
            for (int r = 0; r + lag < scores.Length; r++)
            {
                for (int i = 0; i < n * n; i++)
                {
                    double product = weight * scores[r][i / n] * scores[r + lag][i % n];
                    together[i / n, i % n] += product;
                    together[i % n, i / n] += lag > 0 ? product : 0;
                }
            }
        }

        return together;
    }
}
